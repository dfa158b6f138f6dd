import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, test, vi } from 'vitest';
import { sameLanguage, useTranslation } from './translation';

const told = (state: 'done' | 'asked' | 'failed', text = '') => ({ message_id: 7, language: 'en', state, text, is_machine: true });
let asked: [string, string][];
let answers: { is_allowed: boolean; results: ReturnType<typeof told>[] };

beforeEach(() => {
  setActivePinia(createPinia());
  asked = [];
  answers = { is_allowed: true, results: [] };
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push([request.method, request.url.replace(/^.*\/api/, '/api')]);
    return new Response(JSON.stringify(answers), { status: 200, headers: { 'content-type': 'application/json' } });
  });
});

const ticket = (bridge: '' | 'machine' | 'interpreter', language = 'fi') => ({ id: 42, language, bridge });

test('en-GB and en are one language', () => {
  expect(sameLanguage('en-GB', 'en')).toBe(true);
  expect(sameLanguage('EN', 'en')).toBe(true);
  expect(sameLanguage('es', 'en')).toBe(false);
});

test('what routing matched by machine is translated by itself', async () => {
  const translation = useTranslation();
  answers.results = [told('done', 'Where is my order?')];
  await translation.follow(ticket('machine'));
  expect(translation.active).toBe(true);
  expect(translation.of(7)?.text).toBe('Where is my order?');
});

test('else it is asked for by hand, and the originals come back', async () => {
  const translation = useTranslation();
  await translation.follow(ticket(''));
  expect([translation.possible, translation.active, translation.of(7)]).toEqual([true, false, null]);
  expect(asked.map(([method]) => method)).toEqual(['GET']);
  answers.results = [told('failed')];
  await translation.choose(true);
  expect(asked.at(-1)).toEqual(['POST', '/api/v1/tickets/42/translations/']);
  expect(translation.of(7)?.state).toBe('failed');
  await translation.choose(false);
  expect(translation.of(7)).toBeNull();
});

test('without consent, or in the same language, nothing is offered or asked', async () => {
  const translation = useTranslation();
  answers.is_allowed = false;
  await translation.follow(ticket('machine'));
  expect([translation.possible, translation.active]).toEqual([false, false]);
  asked = [];
  await translation.follow(ticket('machine', 'en-US'));
  expect(asked).toEqual([]);
  expect(translation.possible).toBe(false);
});
