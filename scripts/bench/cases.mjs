// Every benchmark that `npm run bench` runs. This list is the only place that knows it.
//
//   id        as docs and issues call it
//   title     what is measured, in a reader's words
//   command   prints one JSON line for each figure, among whatever else it prints:
//               {"bench":"previews","value":96.1,"unit":"ms","goal":150,
//                "reference":{"name":"vipsthumbnail, one preview","value":112.4}}
//             value, and reference where one was measured in the same run; smaller is better unless
//             "better":"more" says otherwise; goal where one was promised
//   needs     "release": the programs are built for release first

export const cases = [
  { id: "size", title: "Size of the programs", command: ["node", "scripts/bench/size.mjs"], needs: "release" },
  { id: "start", title: "Cold start of the node, until its page can be opened", command: ["node", "scripts/bench/start.mjs"], needs: "release" },
];
