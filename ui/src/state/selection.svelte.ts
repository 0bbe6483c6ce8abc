import { SvelteSet } from 'svelte/reactivity';

/** The moments that are selected, and the tile that a range begins at. */
export class Selection {
  readonly ids = new SvelteSet<string>();
  /** The index of the tile that was selected last; a range reaches from there. */
  anchor = $state<number | null>(null);
  readonly active = $derived.by(() => this.ids.size > 0);
  /** What was selected before the range that is being drawn. */
  #before: ReadonlySet<string> | null = null;

  has = (id: string): boolean => this.ids.has(id);

  toggle(id: string, index: number): void {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = this.ids.size > 0 ? index : null;
    this.#before = null;
  }

  /** Begins a range that follows a finger. */
  begin(id: string, index: number): void {
    this.#before = new Set(this.ids);
    this.ids.add(id);
    this.anchor = index;
  }

  /** Replaces the range drawn last by this one; what was selected before it stays. */
  reach(ids: readonly string[]): void {
    this.#before ??= new Set(this.ids);
    const wanted = new Set([...this.#before, ...ids]);
    for (const id of [...this.ids]) if (!wanted.has(id)) this.ids.delete(id);
    for (const id of wanted) this.ids.add(id);
  }

  /** Ends the range: what is selected now stays. */
  settle(): void {
    this.#before = null;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) this.ids.add(id);
  }

  /** Lets go of what is gone. */
  drop(ids: readonly string[]): void {
    for (const id of ids) this.ids.delete(id);
  }

  clear(): void {
    this.ids.clear();
    this.anchor = null;
    this.#before = null;
  }
}
