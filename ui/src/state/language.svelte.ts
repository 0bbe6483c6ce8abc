import { type Locale, locales, overwriteGetLocale } from '../paraglide/runtime.js';

const CHOSEN = 'afterglow-language';

class Language {
  /** The language the owner chose; the system's first known one when they did not. */
  chosen = $state<Locale | null>(known(globalThis.localStorage?.getItem(CHOSEN)));
  readonly locale = $derived<Locale>(this.chosen ?? preferred());
  /** The same with the system's region, for dates and numbers. */
  readonly tag = $derived(wanted().find((tag) => tag.split('-')[0] === this.locale) ?? (this.locale === 'en' ? 'en-GB' : this.locale));

  choose(locale: Locale | null): void {
    this.chosen = locale;
    if (locale === null) localStorage.removeItem(CHOSEN);
    else localStorage.setItem(CHOSEN, locale);
  }
}

const wanted = (): readonly string[] => globalThis.navigator?.languages ?? [];
const preferred = (): Locale =>
  wanted()
    .map((tag) => known(tag.split('-')[0]))
    .find((locale) => locale !== null) ?? 'en';

function known(tag: string | null | undefined): Locale | null {
  return locales.find((locale) => locale === tag) ?? null;
}

export const language = new Language();

overwriteGetLocale(() => language.locale);
