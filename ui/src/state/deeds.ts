import type { MomentView } from '../ipc/contract';
import { number } from '../lib/format';
import { saveFile } from '../lib/save';
import { sentence } from '../lib/sentence';
import { m } from '../paraglide/messages.js';
import type { App } from './app.svelte';
import type { OpenGroup } from './group.svelte';
import type { Machine } from './machine.svelte';

/** How long one can think better of taking back. */
const UNDO_MS = 6_000;
const AT_ONCE = 500;
/** The most that is handed to other programs at once. */
const SHARED_AT_ONCE = 100;

/** What can be done to several moments at once. */
export class Deeds {
  readonly #app: App;
  readonly #group: OpenGroup;

  constructor(app: App, group: OpenGroup) {
    this.#app = app;
    this.#group = group;
  }

  /** Marks all as favourites, or none when all are. */
  async favourite(ids: readonly string[]): Promise<void> {
    const on = !ids.every((id) => this.#group.timeline.get(id)?.favourite);
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const moments = ids.slice(at, at + AT_ONCE);
      await this.#app.attempt(this.#app.host.call('moment.favourite', { group: this.#group.id, moments, on }));
    }
  }

  /** Saves the originals that are here, one file after another. */
  async save(moments: readonly MomentView[]): Promise<void> {
    for (const moment of this.#here(moments)) await this.#app.attempt(this.#saveOne(moment));
  }

  #saveOne({ id, file_name }: MomentView): Promise<void> {
    const { host } = this.#app;
    if (host.save) return host.save(this.#group.id, id);
    return saveFile(host.mediaUrl(this.#group.id, id, 'original'), file_name || id.slice(0, 12));
  }

  /** Whether this device offers to hand files to other apps. */
  canShare(): boolean {
    if (this.#app.machine !== null) return true;
    return typeof navigator.canShare === 'function' && navigator.canShare({ files: [new File([''], 'a.jpg', { type: 'image/jpeg' })] });
  }

  /** Hands the originals that are here to another app. */
  async share(moments: readonly MomentView[]): Promise<void> {
    const here = this.#here(moments);
    if (here.length === 0) return;
    if (this.#app.machine !== null) return this.#shareBySystem(this.#app.machine, here);
    try {
      const files = await Promise.all(here.map((moment) => this.#file(moment)));
      await navigator.share({ files });
    } catch (cause) {
      if (!(cause instanceof DOMException && cause.name === 'AbortError')) this.#app.toasts.failed(m.share_out_failed());
    }
  }

  /** A phone shares by itself; on a desktop the files lie among the pictures then. */
  async #shareBySystem(machine: Machine, here: readonly MomentView[]): Promise<void> {
    const moments = here.slice(0, SHARED_AT_ONCE).map(({ id }) => id);
    const shared = await this.#app.attempt(machine.ask('share.out', { group: this.#group.id, moments }));
    if (shared?.folder === undefined) return;
    this.#app.toasts.offer(m.shared_to_folder({ count: shared.count, folder: shared.folder }), {
      label: m.open_folder(),
      act: () => void this.#app.attempt(machine.ask('folder.open', {})),
    });
  }

  /** Takes moments back, unless it is undone in time: until then they are only out of sight. */
  takeBack(moments: readonly MomentView[]): void {
    const ids = moments.map(({ id }) => id);
    if (ids.length === 0) return;
    const { timeline } = this.#group;
    timeline.hide(ids, true);
    let undone = false;
    const timer = setTimeout(() => void (undone || this.#retract(ids)), UNDO_MS);
    this.#app.toasts.offer(m.took_back({ count: ids.length, shown: number(ids.length) }), {
      label: m.undo(),
      act: () => {
        undone = true;
        clearTimeout(timer);
        timeline.hide(ids, false);
      },
    });
  }

  async #retract(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      try {
        await this.#app.host.call('moment.retract', { group: this.#group.id, moment: id });
      } catch (cause) {
        this.#group.timeline.hide([id], false);
        this.#app.toasts.failed(sentence(cause));
      }
    }
  }

  #here(moments: readonly MomentView[]): MomentView[] {
    const here = moments.filter(({ original }) => original.state === 'complete');
    if (here.length < moments.length) this.#app.toasts.failed(m.share_out_missing());
    return here;
  }

  async #file({ id, file_name, media_type }: MomentView): Promise<File> {
    const reply = await fetch(this.#app.host.mediaUrl(this.#group.id, id, 'original'));
    if (!reply.ok) throw new Error(`the original answered ${reply.status}`);
    return new File([await reply.blob()], file_name || id.slice(0, 12), { type: media_type });
  }
}
