import { describe, expect, it } from 'vitest';
import { setLocale } from '@/i18n';
import { exactSpan, monthOf, shiftMonth, weekdayName, weekdayShort } from './labels';

describe('labels', () => {
  it('begins the week on Monday', () => {
    expect(weekdayName(0, 'long')).toBe('Monday');
    expect([0, 6].map(weekdayShort)).toEqual(['Mo', 'Su']);
  });
  it('names the weekdays in Russian and Spanish', async () => {
    await setLocale('ru');
    expect([0, 6].map(weekdayShort)).toEqual(['Пн', 'Вс']);
    await setLocale('es');
    expect([0, 6].map(weekdayShort)).toEqual(['Lu', 'Do']);
    await setLocale('en');
  });
  it('never rounds a span', () => {
    expect(exactSpan(151_000)).toBe('2:31');
    expect(exactSpan(3_871_000)).toBe('1:04:31');
    expect(exactSpan(5_250)).toBe('0:05.25');
    expect(exactSpan(999)).toBe('0:00.999');
  });
  it('crosses the year', () => {
    expect(shiftMonth('2026-01', -1)).toBe('2025-12');
    expect(shiftMonth('2025-12', 1)).toBe('2026-01');
  });
  it('finds the month in the zone of the account', () => {
    expect(monthOf(new Date('2026-06-30T22:30:00Z'), 'Europe/Madrid')).toBe('2026-07');
    expect(monthOf(new Date('2026-06-30T21:30:00Z'), 'Europe/Madrid')).toBe('2026-06');
  });
});
