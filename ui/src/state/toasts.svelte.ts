export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly text: string;
  readonly action?: Action;
}

/** Something that can still be done about what a note says. */
export interface Action {
  readonly label: string;
  readonly act: () => void;
}

const SHOWN_MS = 6_000;

/** Short notes at the edge of the screen, and the words that screen readers say without moving the focus. */
export class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  spoken = $state('');
  #serial = 0;

  done(text: string): void {
    this.#add('done', text);
  }

  failed(text: string): void {
    this.#add('failed', text);
  }

  /** A note with a way to think better of it. */
  offer(text: string, action: Action): void {
    this.#add('done', text, action);
  }

  say(text: string): void {
    this.spoken = text;
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(kind: Toast['kind'], text: string, action?: Action): void {
    this.#serial += 1;
    const id = this.#serial;
    this.list = [...this.list.filter((toast) => toast.text !== text).slice(-3), { id, kind, text, ...(action ? { action } : {}) }];
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }
}
