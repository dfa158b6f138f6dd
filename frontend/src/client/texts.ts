import { i18n, type MessageKey, t, type Params } from '@/i18n';

// The library's own type of `te` walks every key of every language; a plain signature is all that is needed.
const known = i18n.global as unknown as { te(key: string, locale?: string): boolean };

/** The text of a key made from data (an outcome, a kind of warning), or the fallback where there is none. */
export function textOr(key: string, fallback: string, params: Params = {}): string {
  return known.te(key) ? t(key as MessageKey, params) : fallback;
}
