let serial = 0;

interface Entry {
  readonly sheet?: number;
}

/**
 * Lets the way back (a phone's gesture, the browser's button) close a sheet that no address names, before it leads anywhere
 * else. Answers what to call when the sheet has gone by itself.
 */
export function closeOnBack(onclose: () => void): () => void {
  serial += 1;
  const mine = serial;
  history.pushState({ ...(history.state as Entry | null), sheet: mine }, '');
  const stepped = () => {
    if (top() >= mine) return;
    removeEventListener('popstate', stepped);
    onclose();
  };
  addEventListener('popstate', stepped);
  return () => {
    removeEventListener('popstate', stepped);
    if (top() === mine) history.back();
  };
}

const top = () => (history.state as Entry | null)?.sheet ?? 0;
