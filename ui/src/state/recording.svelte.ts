import type { PostReceipt } from '../ipc/contract';
import { type Host, toFailure } from '../ipc/host';

const RETRY_MS = 700;
const RETRIES = 40;
/** What a recording may hold back while the engine cannot be reached: about two minutes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** One clip on its way while it is recorded: its bytes in order, and after a gap from where the engine has them. */
export class Recording {
  readonly #host: Host;
  readonly #target: { group: string; key: string; name: string };
  #kept = new Blob();
  /** Where in the recording `#kept` begins. */
  #from = 0;
  #sending: Promise<void> | null = null;
  #failure: unknown = null;
  /** The moment that others see, once there is one. */
  moment = $state<string | null>(null);

  constructor(host: Host, group: string, name: string, key: string) {
    this.#host = host;
    this.#target = { group, key, name };
  }

  /** Takes the next bytes; they go out at once. */
  take(bytes: Blob): void {
    if (this.#failure !== null) return;
    this.#kept = new Blob([this.#kept, bytes]);
    if (this.#kept.size > MOST_BYTES) this.#failure = new Error('the recording could not be handed over in time');
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
  }

  /** Ends it: what was sent is the clip, nothing is sent again. */
  async close(): Promise<PostReceipt> {
    while (this.#sending !== null) await this.#sending;
    if (this.#failure !== null) throw toFailure(this.#failure);
    const { group, key } = this.#target;
    return this.#host.call('clip.close', { group, key });
  }

  async #send(): Promise<void> {
    let tries = 0;
    while (this.#kept.size > 0 && this.#failure === null) {
      const bytes = this.#kept;
      try {
        const { offset, moment } = await this.#host.record(bytes, { ...this.#target, offset: this.#from });
        this.moment = moment ?? this.moment;
        this.#has(offset);
        tries = 0;
      } catch (cause) {
        tries += 1;
        if (tries > RETRIES) this.#failure = cause;
        else await this.#whereWeAre();
      }
    }
  }

  /** After a failure: how much of it has arrived all the same? */
  async #whereWeAre(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    const { group, key } = this.#target;
    try {
      this.#has((await this.#host.call('clip.get', { group, key })).offset);
    } catch {
      // Not reached either, or nothing has arrived: the same bytes are sent again.
    }
  }

  #has(offset: number): void {
    if (offset <= this.#from) return;
    this.#kept = this.#kept.slice(offset - this.#from);
    this.#from = offset;
  }
}
