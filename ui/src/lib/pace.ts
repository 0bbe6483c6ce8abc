/** Faster than this, in px a millisecond, nothing can be seen: nothing is fetched and no picture drawn. */
const FLING = 6;
/** A fling ends well below where it began, or frames of uneven length would end and begin it again and again. */
const READING = 3;
/** What moved after a pause as long as this has jumped: how fast is not known yet. */
const PAUSE_MS = 150;
/** How much of the speed each new step tells. */
const NEWEST = 0.4;

/** Tells reading from flinging by how the window moves. */
export class Pace {
  #at = 0;
  #speed = 0;
  #calm = true;

  /** Takes a movement by so many pixels at a time in ms; answers whether one can still see what goes by. */
  moved(by: number, now: number): boolean {
    const passed = now - this.#at;
    this.#at = now;
    if (passed >= PAUSE_MS) this.#speed = 0;
    else this.#speed += NEWEST * (Math.abs(by) / Math.max(1, passed) - this.#speed);
    this.#calm = this.#calm ? this.#speed < FLING : this.#speed < READING;
    return this.#calm;
  }

  /** Nothing has moved for a while. */
  rested(): void {
    this.#speed = 0;
    this.#calm = true;
  }
}
