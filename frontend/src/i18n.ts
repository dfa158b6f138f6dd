import { createI18n } from 'vue-i18n';
import type admin from './locales/en/admin.json';
import type client from './locales/en/client.json';
import type common from './locales/en/common.json';
import type console from './locales/en/console.json';
import type desk from './locales/en/desk.json';
import type metrics from './locales/en/metrics.json';
import type money from './locales/en/money.json';

export const LOCALES = ['en', 'ru', 'es'] as const;
export type Locale = (typeof LOCALES)[number];
export const LOCALE_NAMES: Record<Locale, string> = { en: 'English', ru: 'Русский', es: 'Español' };

/** One file an area and language, so that a page loads only what it shows. A key is `area.path.in.the.file`. */
export const AREAS = ['common', 'console', 'client', 'admin', 'metrics', 'desk', 'money'] as const;
export type Area = (typeof AREAS)[number];

interface Messages {
  common: typeof common;
  console: typeof console;
  client: typeof client;
  admin: typeof admin;
  metrics: typeof metrics;
  desk: typeof desk;
  money: typeof money;
}
type Leaves<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}` }[keyof T & string];
export type MessageKey = Leaves<Messages>;
export type Params = Record<string, string | number>;

const KEY = 'locale';
const files = import.meta.glob<{ default: Record<string, unknown> }>('./locales/*/*.json', { query: '?texts' });

/** The index of the form that Russian needs: one (1, 21), few (2..4, 22), many (0, 5..20, 11). */
function russianForm(count: number, forms: number): number {
  const category = new Intl.PluralRules('ru').select(count);
  const index = category === 'one' ? 0 : category === 'few' ? 1 : 2;
  return Math.min(index, forms - 1);
}

export const i18n = createI18n({
  legacy: false,
  locale: initialLocale(),
  fallbackLocale: false as const,
  messages: {} as Record<string, Record<string, never>>,
  pluralRules: { ru: russianForm },
  missingWarn: import.meta.env.DEV,
  fallbackWarn: false,
});

function initialLocale(): Locale {
  const wanted = [localStorage.getItem(KEY) ?? '', ...navigator.languages];
  for (const tag of wanted) {
    const found = LOCALES.find((locale) => tag.toLowerCase().startsWith(locale));
    if (found) return found;
  }
  return 'en';
}

export function locale(): Locale {
  return i18n.global.locale.value as Locale;
}

const loaded = new Map<string, Promise<void>>();
const areasInUse = new Set<Area>(['common']);

function loadFile(lang: Locale, area: Area): Promise<void> {
  const key = `${lang}/${area}`;
  let pending = loaded.get(key);
  if (!pending) {
    const file = files[`./locales/${key}.json`];
    if (!file) return Promise.reject(new Error(`No texts for ${key}`));
    pending = file().then((module) => i18n.global.mergeLocaleMessage(lang, { [area]: module.default }));
    pending.catch(() => loaded.delete(key));
    loaded.set(key, pending);
  }
  return pending;
}

/** Afterwards the texts of the area are there in the language shown. */
export async function useArea(area: Area): Promise<void> {
  areasInUse.add(area);
  await Promise.all([loadFile(locale(), 'common'), loadFile(locale(), area)]);
}

/** Afterwards the page is in that language, `lang` and `dir` included; `remember` keeps the choice on this device. */
export async function setLocale(lang: Locale, remember = true): Promise<void> {
  await Promise.all([...areasInUse].map((area) => loadFile(lang, area)));
  i18n.global.locale.value = lang as never;
  if (remember) localStorage.setItem(KEY, lang);
  document.documentElement.lang = lang;
  document.documentElement.dir = 'ltr';
}

export function isLocale(value: string | null | undefined): value is Locale {
  return LOCALES.some((item) => item === value);
}

/** True when the person has chosen a language on this device, which then wins over the one of the profile. */
export function hasStoredLocale(): boolean {
  return localStorage.getItem(KEY) !== null;
}

const translate = i18n.global.t as (key: string, named: Params, plural?: number) => string;

/**
 * The text of a key in the language shown; reactive inside templates and computed.
 * With `plural` the form fits that number, and `{n}` in the text is the number itself.
 */
export function t(key: MessageKey, params: Params = {}, plural?: number): string {
  return plural === undefined ? translate(key, params) : translate(key, { n: plural, ...params }, plural);
}
