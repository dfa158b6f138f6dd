// @vitest-environment node
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

async function script(): Promise<string> {
  const built = await build({ configFile: 'vite.widget.config.ts', logLevel: 'silent', build: { write: false } });
  const [bundle] = built as unknown as { output: { code: string }[] }[];
  expect(bundle!.output).toHaveLength(1);
  return bundle!.output[0]!.code;
}

test('the built widget is one ASCII script of at most 5 KB compressed', async () => {
  const code = await script();
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(5 * 1024);
   
  expect(code).toMatch(/^[\x00-\x7f]*$/);
  expect(code).toContain('\\u041d\\u0430\\u043f\\u0438\\u0448\\u0438\\u0442\\u0435');
});

test('the built widget needs neither eval nor inline style nor HTML from strings', async () => {
  const code = await script();
  expect(code).not.toMatch(/\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\./);
  expect(code.match(/https?:\/\/[^\s"'`]+/g)).toEqual(['http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xhtml']);
});
