/** Runs at most `most` jobs at once, in order. */
export class Queue {
  readonly #most: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Runs a job when there is room for it. */
  add<T>(job: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => job().then(resolve, reject));
      this.#next();
    });
  }

  #next(): void {
    if (this.#running >= this.#most) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running += 1;
    void job().finally(() => {
      this.#running -= 1;
      this.#next();
    });
  }
}
