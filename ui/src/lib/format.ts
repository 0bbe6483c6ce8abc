import type { Place } from '../ipc/contract';
import { m } from '../paraglide/messages.js';
import { language } from '../state/language.svelte';
import { split } from './shift';

const kept = new Map<string, unknown>();

/** One formatter for each form and language; making them is slow. */
function keep<T>(kind: string, make: (locale: string) => T): T {
  const key = `${language.tag} ${kind}`;
  const known = kept.get(key);
  if (known !== undefined) return known as T;
  const value = make(language.tag);
  kept.set(key, value);
  return value;
}

const dateForm = (options: Intl.DateTimeFormatOptions) =>
  keep(JSON.stringify(options), (locale) => new Intl.DateTimeFormat(locale, options));

/** "14:05". */
export const time = (ms: number) => dateForm({ hour: 'numeric', minute: '2-digit' }).format(ms);

/** "14:00 – 17:00". */
export const timeRange = (from: number, until: number) => dateForm({ hour: 'numeric', minute: '2-digit' }).formatRange(from, until);

/** "Saturday, 21 November", with the year when it is another one. */
export function day(ms: number, now = Date.now()): string {
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return dateForm({
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(ms);
}

/** "21 Nov 2026, 14:05". */
export const dateTime = (ms: number) => dateForm({ dateStyle: 'medium', timeStyle: 'short' }).format(ms);

/** "21 Nov 2026, 14:05:30". */
export const exactTime = (ms: number) => dateForm({ dateStyle: 'medium', timeStyle: 'medium' }).format(ms);

/** "14:05:30". */
export const clockTime = (ms: number) => dateForm({ timeStyle: 'medium' }).format(ms);

/** "21 Nov 2026". */
export const date = (ms: number) => dateForm({ dateStyle: 'medium' }).format(ms);

/** "Saturday, 21 November 2026 at 14:05:30". */
export const fullTime = (ms: number) => dateForm({ dateStyle: 'full', timeStyle: 'medium' }).format(ms);

/** The time as the camera's clock showed it, with its distance from UTC. */
export function cameraTime(ms: number, offsetMin: number | undefined): string {
  if (offsetMin === undefined) return dateTime(ms);
  const shown = dateForm({
    dateStyle: 'full',
    timeStyle: 'medium',
    timeZone: 'UTC',
  }).format(ms + offsetMin * 60_000);
  return `${shown} (${offsetName(offsetMin)})`;
}

/** "UTC+2", "UTC−3:30". */
export function offsetName(offsetMin: number): string {
  const minutes = Math.abs(offsetMin);
  const sign = offsetMin < 0 ? '−' : '+';
  const rest = minutes % 60 === 0 ? '' : `:${String(minutes % 60).padStart(2, '0')}`;
  return offsetMin === 0 ? 'UTC' : `UTC${sign}${Math.floor(minutes / 60)}${rest}`;
}

const STEPS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
] as const;

/** "5 minutes ago", "in 2 days". */
export function relative(ms: number, now = Date.now()): string {
  let amount = (ms - now) / 1_000;
  for (const [unit, next] of STEPS) {
    if (Math.abs(amount) < next)
      return keep('relative', (l) => new Intl.RelativeTimeFormat(l, { numeric: 'auto' })).format(Math.round(amount), unit);
    amount /= next;
  }
  return dateTime(ms);
}

/** "3.4 MB". */
export function bytes(amount: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const step = Math.min(units.length - 1, amount < 1 ? 0 : Math.floor(Math.log10(amount) / 3));
  const unit = units[step] ?? 'byte';
  const options = {
    style: 'unit',
    unit,
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step < 2 ? 0 : 1,
  } as const;
  return keep(`bytes ${step}`, (locale) => new Intl.NumberFormat(locale, options)).format(amount / 1_000 ** step);
}

/** "1,234". */
export const number = (amount: number) => keep('number', (locale) => new Intl.NumberFormat(locale)).format(amount);

/** "45 %". */
export const percent = (part: number) => keep('percent', (locale) => new Intl.NumberFormat(locale, { style: 'percent' })).format(part);

/** "1.4 s" of a delay. */
export function seconds(amount: number): string {
  const options = { style: 'unit', unit: 'second', unitDisplay: 'narrow', minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;
  return keep('seconds', (locale) => new Intl.NumberFormat(locale, options)).format(amount);
}

/** "1:05" of a clip's length. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${h > 0 ? String(m).padStart(2, '0') : m}:${String(s).padStart(2, '0')}`;
  return h > 0 ? `${h}:${tail}` : tail;
}

/** "+1 hr 3 min", "−10 days": by how much a clock is corrected. */
export function shift(ms: number): string {
  const parts = split(ms);
  const units = (['day', 'hour', 'minute', 'second'] as const).flatMap((unit) => {
    const count = parts[`${unit}s`];
    return count > 0
      ? [keep(`shift ${unit}`, (l) => new Intl.NumberFormat(l, { style: 'unit', unit, unitDisplay: 'short' })).format(count)]
      : [];
  });
  const none = keep('shift second', (l) => new Intl.NumberFormat(l, { style: 'unit', unit: 'second', unitDisplay: 'short' })).format(0);
  return units.length === 0 ? none : `${parts.slow ? '+' : '−'}${units.join(' ')}`;
}

/** "21 Nov". */
export const shortDay = (ms: number) => dateForm({ day: 'numeric', month: 'short' }).format(ms);

/** "500 m", "2 km". */
export const distance = (metres: number) =>
  keep(
    `distance ${metres < 1_000}`,
    (locale) => new Intl.NumberFormat(locale, { style: 'unit', unit: metres < 1_000 ? 'meter' : 'kilometer' }),
  ).format(metres < 1_000 ? metres : metres / 1_000);

/** "46.6863° N, 7.8632° E": to about ten metres. */
export function coordinates({ latitude, longitude }: Place): string {
  const options = { style: 'unit', unit: 'degree', unitDisplay: 'narrow', minimumFractionDigits: 4, maximumFractionDigits: 4 } as const;
  const degrees = (of: number) => keep('degrees', (locale) => new Intl.NumberFormat(locale, options)).format(Math.abs(of));
  const ns = { degrees: degrees(latitude) };
  const we = { degrees: degrees(longitude) };
  return `${latitude < 0 ? m.place_south(ns) : m.place_north(ns)}, ${longitude < 0 ? m.place_west(we) : m.place_east(we)}`;
}
