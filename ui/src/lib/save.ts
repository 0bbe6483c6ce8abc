/**
 * Saves an address as a file. A page may only name the file of its own origin's bytes, so those of another (the window's
 * loopback server) are fetched first.
 */
export async function saveFile(url: string, name: string): Promise<void> {
  const own = new URL(url, location.href).origin === location.origin;
  if (own || url.startsWith('data:')) {
    click(url, name);
    return;
  }
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`the original answered ${reply.status}`);
  saveBlob(await reply.blob(), name);
}

/** Saves bytes as a file. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  click(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function click(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
