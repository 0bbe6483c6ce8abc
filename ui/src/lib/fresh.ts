/** Loads something again whenever asked, one load at a time: what is asked for meanwhile is answered by one more. */
export class Fresh {
  readonly #load: () => Promise<void>;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(load: () => Promise<void>) {
    this.#load = load;
  }

  /** Resolves when a load that began after this call has ended. */
  async ask(): Promise<void> {
    if (this.#running !== null) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#run();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      await this.#load();
    } while (this.#again);
  }
}
