import { expect, test } from 'vitest';
import { AREAS } from './i18n';

type Tree = { [key: string]: string | Tree };
const files = import.meta.glob<Tree>('./locales/en/*.json', { eager: true, import: 'default' });
const sources = import.meta.glob<string>(['./**/*.{ts,vue}', '!./**/*.test.ts', '!./api/schema.d.ts'], { eager: true, query: '?raw', import: 'default' });

const leaves = (tree: Tree, path: string): string[] => Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [`${path}.${key}`] : leaves(value, `${path}.${key}`)));

/** What a source says of keys: those written out, and those put together, where `${…}` stands for one step of the path. */
function named(source: string): { whole: string[]; patterns: RegExp[] } {
  const whole = [...source.matchAll(/['"`]([a-z]+(?:\.\w+)+)['"`]/g)].map((match) => match[1]!);
  const areas = AREAS.join('|');
  const patterns = [...source.matchAll(new RegExp(`\`((?:${areas})\\.[^\`]*\\$\\{[^\`]*)\``, 'g'))].map((match) => {
    const parts = match[1]!.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/);
    return new RegExp(`^${parts.map((part) => part.replaceAll('.', '\\.')).join('[^.]+')}$`);
  });
  return { whole, patterns };
}

test('every text is shown somewhere', () => {
  const all = Object.values(sources).map(named);
  const whole = new Set(all.flatMap((one) => one.whole));
  const patterns = all.flatMap((one) => one.patterns);
  const keys = AREAS.flatMap((area) => leaves(files[`./locales/en/${area}.json`]!, area));
  expect(keys.filter((key) => !whole.has(key) && !patterns.some((pattern) => pattern.test(key)))).toEqual([]);
});
