/** The few words that this browser keeps of a guest at this address. Where it keeps nothing, they last as long as the page. */
class Shelf {
  readonly #held = new Map<string, string>();

  read(name: string): string | null {
    try {
      return this.#held.get(name) ?? localStorage.getItem(`afterglow-guest-${name}`);
    } catch {
      return this.#held.get(name) ?? null;
    }
  }

  write(name: string, value: string): void {
    this.#held.set(name, value);
    try {
      localStorage.setItem(`afterglow-guest-${name}`, value);
    } catch {
      // Said by the banner about a browser that keeps nothing.
    }
  }
}

export const shelf = new Shelf();
