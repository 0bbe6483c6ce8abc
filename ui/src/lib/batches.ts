import type { UploadTarget } from '../ipc/contract';

const STILL = /^(heic|heif|jpe?g)$/i;
const MOVING = /^(mov|mp4)$/i;

/** A file with where it goes. */
export interface Upload {
  readonly file: File;
  readonly target: UploadTarget;
}

/**
 * Says where each file goes. A still and a clip of one name are the two halves of a Live Photo and share a batch; every
 * other file goes alone, so that nothing waits for the rest of the selection.
 */
export function batches(files: readonly File[], group: string, name: () => string): Upload[] {
  const stems = groupBy(files, stemOf);
  return files.map((file) => {
    const { name: fileName, lastModified } = file;
    const target = {
      group,
      name: fileName,
      ...(lastModified > 0 ? { modified_at_ms: lastModified } : {}),
    };
    const twins = stems.get(stemOf(file)) ?? [];
    return {
      file,
      target: isPair(twins) ? { ...target, batch: pairName(twins, name), batch_size: 2 } : target,
    };
  });
}

const names = new WeakMap<readonly File[], string>();

function pairName(twins: readonly File[], name: () => string): string {
  const known = names.get(twins);
  if (known !== undefined) return known;
  const made = name();
  names.set(twins, made);
  return made;
}

function groupBy(files: readonly File[], key: (file: File) => string): Map<string, File[]> {
  const groups = new Map<string, File[]>();
  for (const file of files) groups.set(key(file), [...(groups.get(key(file)) ?? []), file]);
  return groups;
}

const stemOf = (file: File) => file.name.replace(/\.[^.]*$/, '').toLowerCase();
const endOf = (file: File) => /[^.]*$/.exec(file.name)?.[0] ?? '';

function isPair(files: readonly File[]): boolean {
  return files.length === 2 && files.some((file) => STILL.test(endOf(file))) && files.some((file) => MOVING.test(endOf(file)));
}
