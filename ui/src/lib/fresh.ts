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
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#load();
      } while (this.#again);
    } finally {
      // In the same step as the last look at what was asked: a question between the two would go unanswered.
      this.#running = null;
    }
  }
}
