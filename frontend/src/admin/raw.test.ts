import { afterEach, expect, test, vi } from 'vitest';
import { asText, readRaw, SHOWN } from './raw';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
afterEach(() => vi.unstubAllGlobals());

test('JSON is laid out, a mail is left as it is', () => {
  expect(asText(bytes('{"a":1}'), false)).toBe('{\n  "a": 1\n}');
  expect(asText(bytes('From: a\r\n\r\nHi'), false)).toBe('From: a\n\nHi');
  expect(asText(bytes('{"a":'), true)).toBe('{"a":');
});

test('characters that hide or turn text round are shown as a mark', () => {
  expect(asText(bytes('invoice\u202Egpj.exe \u0007 and so on'), false)).toBe('invoice\ufffdgpj.exe \ufffd and so on');
});

test('bytes that are no text are not shown as one', () => {
  expect(asText(new Uint8Array([0x89, 0, 0xff, 0, 0xfe, 0, 1, 0]), false)).toBeNull();
});

test('no more is read than is shown', async () => {
  vi.stubGlobal('fetch', async () => new Response('x'.repeat(SHOWN + 1)));
  const raw = await readRaw('/raw/');
  expect([raw.text?.length, raw.cut]).toEqual([SHOWN, true]);
  vi.stubGlobal('fetch', async () => new Response('x'.repeat(SHOWN)));
  expect((await readRaw('/raw/')).cut).toBe(false);
});
