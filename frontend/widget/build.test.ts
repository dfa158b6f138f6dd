// @vitest-environment node
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { LANGUAGES } from './texts-plugin';

let files: Record<string, string | Uint8Array> = {};
const script = () => files['widget.js'] as string;
const packed = (name: string) => gzipSync(files[name]!, { level: 9 }).length;

beforeAll(async () => {
  const built = await build({ configFile: 'vite.widget.config.ts', logLevel: 'silent', build: { write: false } });
  const [bundle] = built as unknown as { output: { fileName: string; code?: string; source: string | Uint8Array }[] }[];
  files = Object.fromEntries(bundle!.output.map((file) => [file.fileName, file.code ?? file.source]));
});

test('all that a visitor loads, script and words, is at most 5 KB compressed', () => {
  expect(Object.keys(files).sort()).toEqual(['en.js', 'en.js.gz', 'es.js', 'es.js.gz', 'ru.js', 'ru.js.gz', 'widget.js', 'widget.js.gz']);
  for (const language of LANGUAGES) expect(packed('widget.js') + packed(`${language}.js`)).toBeLessThanOrEqual(5 * 1024);
});

test('what is sent compressed is what was built', () => {
  expect(files['widget.js.gz']).toEqual(gzipSync(script(), { level: 9 }));
});

test('the script is ASCII, because a page may have any encoding', () => {
  expect(script()).toMatch(/^[\x00-\x7f]*$/);
});

test('the built widget needs neither eval nor inline style nor HTML from strings', () => {
  expect(script()).not.toMatch(/\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b|cssText/);
  expect(script().match(/https?:\/\/[^\s"'`]+/g)).toBeNull();
});
