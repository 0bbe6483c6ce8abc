/** By how much a clock is off, in whole units. */
export interface Shift {
  /** The clock is slow: its times are added to. */
  readonly slow: boolean;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
] as const;

/** Takes milliseconds apart; parts of a second are left out. */
export function split(ms: number): Shift {
  let left = Math.abs(ms);
  const parts = UNITS.map(([unit, length]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return [unit, count] as const;
  });
  return { slow: ms >= 0, ...(Object.fromEntries(parts) as Omit<Shift, 'slow'>) };
}

/** Puts units together again; what is no number counts nothing. */
export function join(shift: Shift): number {
  const ms = UNITS.reduce((sum, [unit, length]) => sum + (Number.isFinite(shift[unit]) ? Math.max(0, shift[unit]) : 0) * length, 0);
  return shift.slow ? ms : -ms;
}

/** A time as a field for date and time takes it, in this device's zone. */
export function toField(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Reads such a field; nothing while it is not filled in. */
export function fromField(text: string): number | null {
  const ms = new Date(text).getTime();
  return text === '' || Number.isNaN(ms) ? null : ms;
}
