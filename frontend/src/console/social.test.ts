import { expect, test } from 'vitest';
import { filledIn, textLimit, windowState } from './social';

const at = Date.parse('2026-06-05T10:00:00Z');

test.each([
  [{ is_open: true, open_until: null }, 'free'],
  [{ is_open: false, open_until: null }, 'closed'],
  [{ is_open: true, open_until: '2026-06-06T09:00:00Z' }, 'open'],
  [{ is_open: true, open_until: '2026-06-05T12:00:00Z' }, 'soon'],
  [{ is_open: true, open_until: '2026-06-05T10:00:00Z' }, 'closed'],
] as const)('a window of %j is %s', (state, expected) => {
  expect(windowState(state, at)).toBe(expected);
});

test('the count is shown near the limit and counts characters, not their halves', () => {
  expect(textLimit('👍👍', 10)).toEqual({ left: 8, shown: false });
  expect(textLimit('👍'.repeat(8), 10)).toEqual({ left: 2, shown: true });
  expect(textLimit('a'.repeat(11), 10)).toEqual({ left: -1, shown: true });
  expect(textLimit('anything', null)).toBeNull();
});

test('a template shows what is filled in and the number of what is not', () => {
  expect(filledIn('Hello {{1}}, order {{ 2 }} is ready. {{1}}!', ['Ann', ' '])).toBe('Hello Ann, order {{ 2 }} is ready. Ann!');
});
