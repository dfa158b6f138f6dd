import { expect, test } from 'vitest';
import type { Entry } from '@/api/types';
import { byDay, callLook, confirm, eventText, localRow, merge, put, type Unsent } from './timeline';

const entry = (id: number, over: Partial<Entry> = {}): Entry => ({
  type: 'message', id, at: '2026-06-05T10:00:00Z', author: { kind: 'contact', name: 'Olga' }, channel: 'chat', direction: 'in', kind: 'message', text: `text ${id}`, html_available: false, subject: '', status: 'received', error: '', attachments: [], call: null, score: null, client_uuid: null, parts: null, recipients: null, bounces: [], complaints: [], incomplete: '', protection: [], is_cut: false, edits: [], ...over,
});
const unsent: Unsent = { uuid: 'u-1', kind: 'message', channel: 'chat', text: 'hello', at: '2026-06-05T10:01:00Z', author: 'Anna' };

test('the order is the server\'s and what it does not know stands last', () => {
  const rows = merge([localRow(unsent, 'sending')], [entry(2), entry(1)]);
  expect(rows.map((row) => row.key)).toEqual(['message:2', 'message:1', 'u-1']);
});

test('a sent message keeps its row when the server confirms it', () => {
  const before = merge([], [entry(1)]).concat(localRow(unsent, 'sending'));
  const after = merge(before, [entry(1), entry(2, { client_uuid: 'u-1', direction: 'out', status: 'queued', text: 'hello' })]);
  expect(after.map((row) => [row.key, row.local])).toEqual([['message:1', null], ['u-1', null]]);
});

test('the answer of the request and the event of the socket may come in either order', () => {
  const stored = entry(2, { client_uuid: 'u-1', status: 'queued' });
  const start = [localRow(unsent, 'sending')];
  const eventFirst = confirm(merge(start, [stored]), stored);
  const answerFirst = merge(confirm(start, stored), [stored]);
  expect(eventFirst).toEqual(answerFirst);
});

test('a failure that is reported late does not undo a confirmation', () => {
  const rows = confirm([localRow(unsent, 'sending')], entry(2, { client_uuid: 'u-1', status: 'sent' }));
  expect(put(rows, localRow(unsent, 'failed', 'No connection'))[0]!.local).toBeNull();
});

test('a failed message stays in its place and can be tried again', () => {
  const failed = put([localRow(unsent, 'sending')], localRow(unsent, 'failed', 'No connection'));
  expect(failed).toHaveLength(1);
  expect(put(failed, localRow(unsent, 'sending'))[0]!.local).toBe('sending');
});

test('a note and a message with the same number are two rows', () => {
  expect(merge([], [entry(1), entry(1, { type: 'note' })]).map((row) => row.key)).toEqual(['message:1', 'note:1']);
});

test('a change of the ticket is told in words', () => {
  const author = { kind: 'operator' as const, name: 'Anna' };
  expect(eventText({ kind: 'ticket.status', text: 'solved', author })).toBe('Anna set the status: Solved');
  expect(eventText({ kind: 'ticket.status', text: 'open', author: { kind: 'system', name: '' } })).toBe('Status: In progress');
  expect(eventText({ kind: 'ticket.language', text: 'ru', author })).toBe('Anna set the language: Russian');
  expect(eventText({ kind: 'ticket.merged', text: 'MT-7', author })).toBe('Anna merged this ticket into MT-7');
  expect(eventText({ kind: 'ticket.of_tomorrow', text: 'MT-7', author })).toBe('Anna · MT-7');
});

test('days are separated once each', () => {
  const now = new Date(2026, 5, 5, 18);
  const on = (day: number, hour: number): string => new Date(2026, 5, day, hour).toISOString();
  const rows = merge([], [entry(1, { at: on(3, 9) }), entry(2, { at: on(4, 9) }), entry(3, { at: on(4, 23) }), entry(4, { at: on(5, 0) })]);
  expect(byDay(rows, now).map((day) => [day.label, day.rows.length])).toEqual([['3 June', 1], ['Yesterday', 2], ['Today', 1]]);
});

test.each([
  ['answered', 60_000, 'answered'],
  ['abandoned', 0, 'missed'],
  ['unanswered', 0, 'missed'],
  ['busy', 0, 'failed'],
] as const)('a call that ended as %s after %d ms of talk counts as %s', (outcome, talk, look) => {
  expect(callLook({ call: { direction: 'in', outcome, ended_at: '2026-06-05T10:01:00Z', wait_ms: 1000, talk_ms: talk, hold_ms: 0, from: '', to: '', operator: null, hung_up_by: '', flags: [] } })).toBe(look);
});

test.each(['', 'answered'])('a call under way (%s so far) is neither missed nor failed', (outcome) => {
  expect(callLook({ call: { direction: 'in', outcome, ended_at: null, wait_ms: null, talk_ms: null, hold_ms: null, from: '', to: '', operator: null, hung_up_by: '', flags: [] } })).toBe('answered');
});
