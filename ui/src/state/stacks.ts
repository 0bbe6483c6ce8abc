import type { MomentView } from '../ipc/contract';
import { shapeOf } from '../lib/shape';
import type { Bucket } from './buckets';

/** The stacks of a timeline that were looked into: their moments, and which of them are spread out in their place. */
export class Stacks {
  readonly #load: (head: string) => Promise<MomentView[]>;
  readonly #members = new Map<string, readonly MomentView[]>();
  readonly #heads = new Map<string, string>();
  readonly #open = new Set<string>();
  /** What was made of a bucket stays the same thing as long as the bucket does. */
  #spread = new WeakMap<readonly MomentView[], { of: Bucket; bucket: Bucket }>();

  constructor(load: (head: string) => Promise<MomentView[]>) {
    this.#load = load;
  }

  get(id: string): MomentView | undefined {
    return this.#members.get(this.#heads.get(id) ?? '')?.find((member) => member.id === id);
  }

  headOf = (id: string): string | undefined => this.#heads.get(id);
  isOpen = (head: string): boolean => this.#open.has(head);

  /** The moments of a stack, newest first. */
  async load(head: string): Promise<readonly MomentView[]> {
    const known = this.#members.get(head);
    if (known?.every(({ stack }) => stack?.count === known.length)) return known;
    const members = await this.#load(head);
    this.#keep(head, members);
    return members;
  }

  /** Asks again for open stacks that have other moments by now. */
  async renew(): Promise<void> {
    await Promise.all([...this.#open].map((head) => this.load(head).catch(() => {})));
  }

  async toggle(head: string): Promise<void> {
    if (this.#open.delete(head)) return this.#forgetSpread();
    await this.load(head);
    this.#open.add(head);
    this.#forgetSpread();
  }

  /** The next newer or older moment inside the stack; undefined where it ends. */
  beside(id: string, step: -1 | 1): MomentView | undefined {
    const members = this.#members.get(this.#heads.get(id) ?? '') ?? [];
    const at = members.findIndex((member) => member.id === id);
    return at < 0 ? undefined : members[at + step];
  }

  replace(moment: MomentView): void {
    const head = this.#heads.get(moment.id);
    const members = this.#members.get(head ?? '');
    if (head === undefined || members === undefined) return;
    if (moment.stack?.head !== head) this.#drop(head);
    else
      this.#members.set(
        head,
        members.map((member) => (member.id === moment.id ? moment : member)),
      );
    this.#forgetSpread();
  }

  remove(id: string): void {
    const head = this.#heads.get(id);
    if (head !== undefined) this.#drop(head);
    this.#forgetSpread();
  }

  /** A bucket as it is shown: open stacks spread out, hidden moments left out. */
  spread(bucket: Bucket, hidden: ReadonlySet<string>): Bucket {
    const opens = bucket.items.some(({ id }) => this.#open.has(id));
    const hides = hidden.size > 0 && bucket.items.some(({ id }) => hidden.has(id));
    if (!(opens || hides)) return bucket;
    const before = this.#spread.get(bucket.items);
    if (!hides && before?.of.shapes === bucket.shapes) return before.bucket;
    const known = bucket.items.flatMap((item) => (this.#open.has(item.id) ? (this.#members.get(item.id) ?? [item]) : [item]));
    const items = known.filter(({ id }) => !hidden.has(id));
    const unknown = bucket.shapes.subarray(bucket.items.length);
    const shapes = Uint8Array.from([...items.map(({ width, height }) => shapeOf(width, height)), ...unknown]);
    const made = { ...bucket, items, shapes };
    if (!hides) this.#spread.set(bucket.items, { of: bucket, bucket: made });
    return made;
  }

  #keep(head: string, members: readonly MomentView[]): void {
    this.#forget(head);
    this.#members.set(head, members);
    for (const { id } of members) this.#heads.set(id, head);
    this.#forgetSpread();
  }

  #drop(head: string): void {
    this.#forget(head);
    this.#open.delete(head);
  }

  #forget(head: string): void {
    for (const { id } of this.#members.get(head) ?? []) this.#heads.delete(id);
    this.#members.delete(head);
  }

  #forgetSpread(): void {
    this.#spread = new WeakMap();
  }
}
