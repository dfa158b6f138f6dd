import { afterEach, expect, test, vi } from 'vitest';
import { setLocale } from '@/i18n';
import { offeredReasons, readReasons, reasonName } from './reasons';

const answer = (results: unknown): void => void vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ results }), { status: 200, headers: { 'Content-Type': 'application/json' } }));
afterEach(async () => {
  vi.unstubAllGlobals();
  await setLocale('en');
});

test('before reasons are read a break is just a break', () => {
  expect(offeredReasons()).toEqual(['break']);
  expect(reasonName('break')).toBe('Break');
});

test('reasons are offered in order and shown in the language of the person, else in English', async () => {
  answer([
    { reason: 'meal', labels: { en: 'Meal', ru: 'Обед' }, is_active: true },
    { reason: 'drill', labels: { en: 'Fire drill' }, is_active: false },
    { reason: 'dentist', labels: {}, is_active: true },
  ]);
  await readReasons();
  expect(offeredReasons()).toEqual(['meal', 'dentist']);
  expect([reasonName('Meal'), reasonName('drill'), reasonName('dentist')]).toEqual(['Meal', 'Fire drill', 'dentist']);
  await setLocale('ru');
  expect([reasonName('meal'), reasonName('drill')]).toEqual(['Обед', 'Fire drill']);
});

test('what the server or a telephone calls a break is shown too', () => {
  expect(reasonName('not responding')).toBe('Not responding');
  expect(reasonName('coffee at desk 4')).toBe('coffee at desk 4');
});
