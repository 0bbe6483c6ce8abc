/** Puts a picture on the clipboard where the browser can; answers whether it did. Clipboards take PNG only. */
export async function copyPicture(url: string): Promise<boolean> {
  if (typeof ClipboardItem === 'undefined' || !navigator.clipboard?.write) return false;
  try {
    // A promise in the item: some browsers take it only while the tap is still warm.
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png(url) })]);
    return true;
  } catch {
    return false;
  }
}

async function png(url: string): Promise<Blob> {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`the picture answered ${reply.status}`);
  const bitmap = await createImageBitmap(await reply.blob());
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'));
}
