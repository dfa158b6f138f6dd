import { afterEach, expect, test } from 'vitest';
import { formatClock, formatDate, formatDay, formatLanguage, formatMoney, formatMonth, formatPeriod, formatPhone, formatSpan, formatTime } from './format';
import { setLocale } from './i18n';

afterEach(() => setLocale('en', false));

test('clocks count seconds down to the sign', () => {
  expect(formatClock(0)).toBe('00:00');
  expect(formatClock(271_999)).toBe('04:31');
  expect(formatClock(3_871_000)).toBe('1:04:31');
  expect(formatClock(-727_000)).toBe('−12:07');
});

test('long spans are said in words', async () => {
  expect(formatSpan(161_000)).toBe('02:41');
  expect(formatSpan(13_200_000)).toBe('3 h 40');
  expect(formatSpan(190_800_000)).toBe('2 d 5 h');
  await setLocale('ru', false);
  expect(formatSpan(18_120_000)).toBe('5 ч 02');
});

test('money keeps every digit the server sent', async () => {
  expect(formatMoney('12905.63', 'EUR')).toBe('€12,905.63');
  expect(formatMoney('0.886', 'EUR')).toBe('€0.886');
  expect(formatMoney('90071992547409933.17', 'EUR')).toBe('€90,071,992,547,409,933.17');
  expect(formatMoney('4900', 'EUR')).toBe('€4,900.00');
  await setLocale('ru', false);
  expect(formatMoney('-1991.5', 'RUB').replace(/\s/g, ' ')).toBe('-1 991,50 ₽');
});

test('numbers are grouped as their country writes them, and nothing else is touched', () => {
  expect(formatPhone('+79164402217')).toBe('+7 916 440-22-17');
  expect(formatPhone('+34612004118')).toBe('+34 612 004 118');
  expect(formatPhone('+442079460018')).toBe('+44 20 7946 0018');
  expect(formatPhone('+4930901820')).toBe('+4930901820');
  expect(formatPhone('olga@mail.example')).toBe('olga@mail.example');
});

test('days near now have names', () => {
  const now = new Date(2026, 5, 5, 12);
  expect(formatDay(new Date(2026, 5, 5, 0, 1), now)).toBe('Today');
  expect(formatDay(new Date(2026, 5, 4, 23, 59), now)).toBe('Yesterday');
  expect(formatDay(new Date(2025, 5, 4), now)).toBe('4 June 2025');
});

test('a day without a time is the same day on every device', () => {
  expect(formatDate('2026-06-05', 'America/New_York')).toBe('5 June 2026');
  expect(formatDate('2026-06-05T02:00:00Z', 'America/New_York')).toBe('4 June 2026');
});

test('times can be shown in the zone of the account', () => {
  expect(formatTime('2026-06-05T10:00:00Z', 'Europe/Moscow')).toBe('13:00');
  expect(formatMonth('2026-06')).toBe('June 2026');
});

test('languages are named in the language of the page', async () => {
  await setLocale('ru', false);
  expect(formatLanguage('es')).toBe('Испанский');
  expect(formatLanguage('')).toBe('Язык не определён');
});

test('a period is a month, or the days of a 28-day cycle by its first', async () => {
  expect(formatPeriod('2026-06')).toBe('June 2026');
  expect(formatPeriod('2026-06-01').replace(/[\u2009\u202f\u00a0]/g, ' ')).toBe('1 – 28 June 2026');
  await setLocale('ru', false);
  expect(formatPeriod('2026-12-15')).toContain('2027');
});
