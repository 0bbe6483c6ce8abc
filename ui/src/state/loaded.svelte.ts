import { type Failure, toFailure } from '../ipc/host';
import { Fresh } from '../lib/fresh';

/** The answer to one query, asked again when an event says that it changed. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  failure = $state.raw<Failure | null>(null);
  readonly #fresh: Fresh;

  constructor(ask: () => Promise<T>) {
    this.#fresh = new Fresh(async () => {
      try {
        this.value = await ask();
        this.failure = null;
      } catch (cause) {
        this.failure = toFailure(cause);
      }
    });
  }

  load(): Promise<void> {
    return this.#fresh.ask();
  }

  /** Takes an answer that came with another request. */
  take(value: T): void {
    this.value = value;
    this.failure = null;
  }
}
