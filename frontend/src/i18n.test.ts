import { afterEach, describe, expect, test } from 'vitest';
import { AREAS, i18n, LOCALES, setLocale, t, type Locale } from './i18n';

type Tree = { [key: string]: string | Tree };
const files = import.meta.glob<Tree>('./locales/*/*.json', { eager: true, import: 'default' });

function leaves(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] => (typeof value === 'string' ? [[prefix + key, value]] : leaves(value, `${prefix}${key}.`)));
}
const names = (text: string): string[] => [...new Set([...text.matchAll(/\{([a-z_]+)\}/gi)].map((match) => match[1]!))].sort();

afterEach(() => setLocale('en', false));

describe.each(AREAS)('texts of %s', (area) => {
  const english = new Map(leaves(files[`./locales/en/${area}.json`]!));

  test.each(LOCALES)('%s has the keys and the placeholders of English', (lang) => {
    const own = new Map(leaves(files[`./locales/${lang}/${area}.json`]!));
    expect([...own.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of own) expect(`${key} ${names(text)}`).toBe(`${key} ${names(english.get(key)!)}`);
  });

  test.each(LOCALES)('every counted text in %s has as many forms as the language needs', (lang) => {
    for (const [key, text] of leaves(files[`./locales/${lang}/${area}.json`]!)) {
      if (!text.includes(' | ')) continue;
      expect(`${key} ${text.split(' | ').length}`).toBe(`${key} ${lang === 'ru' ? 3 : 2}`);
    }
  });

  test.each(LOCALES)('every text in %s can be put together', async (lang) => {
    await setLocale(lang, false);
    const params = { n: 2, ...Object.fromEntries([...english.values()].flatMap(names).map((name) => [name, 'x'])) };
    for (const [key] of english) {
      const shown = (i18n.global.t as (key: string, params: object, plural: number) => string)(`${area}.${key}`, params, 2);
      expect(shown, key).not.toBe('');
      expect(shown, key).not.toBe(`${area}.${key}`);
    }
  });
});

test.each([
  [0, '0 контактов'],
  [1, '1 контакт'],
  [2, '2 контакта'],
  [5, '5 контактов'],
  [11, '11 контактов'],
  [21, '21 контакт'],
  [22, '22 контакта'],
])('Russian counts %d as «%s»', async (count, text) => {
  await setLocale('ru', false);
  expect(t('common.contacts', {}, count)).toBe(text);
});

test.each<[Locale, number, string]>([
  ['en', 0, '0 contacts'],
  ['en', 1, '1 contact'],
  ['en', 2, '2 contacts'],
  ['es', 0, '0 contactos'],
  ['es', 1, '1 contacto'],
  ['es', 5, '5 contactos'],
])('%s counts %d as "%s"', async (lang, count, text) => {
  await setLocale(lang, false);
  expect(t('common.contacts', {}, count)).toBe(text);
});

test('the page says which language it is in', async () => {
  await setLocale('ru', false);
  expect(document.documentElement.lang).toBe('ru');
  expect(document.documentElement.dir).toBe('ltr');
});
