import type { JobPage, JobView } from '../contract';
import type { Living } from './living';
import { albumOf, jobOf } from './takehome';

/** Long work, one a group, that takes as long as the world is slow. */
export class Jobs {
  readonly #world: Living;
  readonly #jobs = new Map<string, { view: JobView; timer: ReturnType<typeof setInterval> }>();

  constructor(world: Living) {
    this.#world = world;
  }

  of(group: string): JobView | undefined {
    return this.#jobs.get(group)?.view;
  }

  begin(group: string, kind: JobView['kind']): JobPage {
    const album = albumOf(this.#world.album(group));
    let part = 0;
    const timer = setInterval(() => {
      part = Math.min(1, part + 0.1);
      if (part === 1) clearInterval(timer);
      this.#jobs.set(group, { view: jobOf(kind, part, album), timer });
      this.#world.emit({ event: 'album_job', group });
    }, this.#world.latencyMs * 20);
    const view = jobOf(kind, 0, album);
    this.#jobs.set(group, { view, timer });
    return { job: view };
  }

  stop(group: string): void {
    clearInterval(this.#jobs.get(group)?.timer);
    this.#jobs.delete(group);
  }
}
