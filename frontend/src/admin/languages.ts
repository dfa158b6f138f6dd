import { formatLanguage } from '@/format';
import { locale } from '@/i18n';

/** What operators can be said to speak; a tag from elsewhere is offered beside these while it is in use. */
const TAGS = ['ar', 'bg', 'ca', 'cs', 'da', 'de', 'el', 'en', 'es', 'et', 'fi', 'fr', 'he', 'hi', 'hr', 'hu', 'hy', 'id', 'it', 'ja', 'ka', 'kk', 'ko', 'lt', 'lv', 'nl', 'no', 'pl', 'pt', 'ro', 'ru', 'sk', 'sl', 'sr', 'sv', 'th', 'tr', 'uk', 'uz', 'vi', 'zh'];

/** Languages by their names in the language shown; `any` stands first for "no language in particular". */
export function languageOptions(inUse: string, any?: string): { value: string; label: string }[] {
  const tags = inUse === '' || TAGS.includes(inUse) ? TAGS : [inUse, ...TAGS];
  const named = tags.map((value) => ({ value, label: formatLanguage(value) })).sort((a, b) => a.label.localeCompare(b.label, locale()));
  return any === undefined ? named : [{ value: '', label: any }, ...named];
}
