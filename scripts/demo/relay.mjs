// Runs inside a namespace: carries connections from a socket in the file system to a port on loopback here.

import { createConnection, createServer } from "node:net";

const [socket, port] = process.argv.slice(2);

createServer((outside) => {
  const inside = createConnection(Number(port), "127.0.0.1");
  outside.pipe(inside).pipe(outside);
  for (const side of [outside, inside]) side.on("error", () => (outside.destroy(), inside.destroy()));
}).listen(socket, () => console.log("ready"));
