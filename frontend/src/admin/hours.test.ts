import { expect, test } from 'vitest';
import { formatDays, formatSpans, parseDays, parseSpans } from './hours';

test('spans of a day are read with any dash and written the same way', () => {
  expect(parseSpans('9:00-13:00, 14:00–18:00')).toEqual([['09:00', '13:00'], ['14:00', '18:00']]);
  expect(parseSpans('22:00 — 24:00')).toEqual([['22:00', '24:00']]);
  expect(parseSpans('  ')).toEqual([]);
  expect(formatSpans([['09:00', '13:00'], ['14:00', '18:00']])).toBe('09:00–13:00, 14:00–18:00');
});

test('what is no span is refused', () => {
  for (const text of ['9-13', '09:00', '25:00-26:00', '24:30-25:00', 'closed']) expect(parseSpans(text), text).toBeNull();
});

test('days of their own are closed without times and keep their names', () => {
  const text = '2026-12-24 09:00–12:00 Christmas Eve\n2026-12-31 New Year';
  const days = parseDays(text);
  expect(days).toEqual([
    { on: '2026-12-24', name: 'Christmas Eve', spans: [['09:00', '12:00']] },
    { on: '2026-12-31', name: 'New Year', spans: [] },
  ]);
  expect(formatDays(days!)).toBe(text);
  expect(parseDays('Christmas')).toBeNull();
  expect(parseDays('2026-13-45')).toBeNull();
});
