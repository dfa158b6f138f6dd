import { expect, test } from 'vitest';
import { callbackStand, isNoTelephone } from './callbacks';

const waiting = { state: 'waiting', operator: null, next_attempt_at: null, attempts_made: 0 } as const;

test('a request waits in its place, or for its next attempt', () => {
  expect(callbackStand(waiting, 7)).toEqual({ key: 'waiting', attempt: 1 });
  expect(callbackStand({ ...waiting, next_attempt_at: '2026-06-15T09:30:00Z', attempts_made: 1 }, 7)).toEqual({ key: 'later', attempt: 2 });
});

test('only who has taken it calls', () => {
  const calling = { ...waiting, state: 'calling', operator: { id: 7, name: 'Anna' } } as const;
  expect(callbackStand(calling, 7).key).toBe('mine');
  expect(callbackStand(calling, 8).key).toBe('theirs');
  expect(callbackStand(calling, null).key).toBe('theirs');
});

test('without a telephone here the number is dialled by hand; other refusals are told', () => {
  expect(isNoTelephone({ code: 'no_telephone', field: null })).toBe(true);
  expect(isNoTelephone({ code: 'no_telephone_system', field: null })).toBe(true);
  expect(isNoTelephone({ code: 'invalid', field: 'number' })).toBe(true);
  expect(isNoTelephone({ code: 'not_found', field: 'ticket_id' })).toBe(false);
});
