import { expect, test } from 'vitest';
import type { ConsoleSnapshot, LiveEvent, TicketCard } from '@/api/types';
import { apply, Refresher, type Refresh } from './apply';

const card = (id: number, subject = 'Subject'): TicketCard => ({
  id, number: `MT-${id}`, account_id: 1, contact: { id: 5, name: 'Olga', point: '+7' }, channel: 'chat', subject, language: 'ru', status: 'open', unread: 0,
  waiting_since: null, last_activity_at: '2026-06-05T10:00:00Z', assignee: null, preview: '', assignment_state: 'active', since: null,
});
const snapshot: ConsoleSnapshot = {
  cursor: '5-1',
  server_time: '2026-06-05T10:00:00Z',
  presence: { state: 'available', reason: '', since: '2026-06-05T09:00:00Z', engagement: 'idle', engagement_since: null },
  load: {},
  pulse: { waiting: 2, longest_since: '2026-06-05T09:59:00Z', ready: 1, signed_in: 3 },
  offer: { id: 9, ticket: card(40), channel: 'chat', offered_at: '2026-06-05T10:00:00Z', expires_at: '2026-06-05T10:00:30Z', why: {} },
  open: [card(1), card(2)],
  wrapping: [],
};
const event = (kind: string, payload: Record<string, unknown>): LiveEvent => ({ cursor: '5-2', kind, at: '2026-06-05T10:00:01Z', account_id: 1, payload });
const view = { operatorId: 11, selected: 1 };

test('an offer that comes whole is shown at once, one that is only named is read', () => {
  const offer = { id: 10, ticket: card(41), channel: 'chat', offered_at: '', expires_at: '2026-06-05T10:01:00Z', why: {} };
  expect(apply(snapshot, event('offer.made', { offer }), view).snapshot.offer?.id).toBe(10);
  const named = apply(snapshot, event('offer.made', { offer_id: 10 }), view);
  expect(named.snapshot.offer?.id).toBe(9);
  expect(named.refresh).toEqual(['console']);
});

test('the offer on screen goes away when it is resolved, another one stays', () => {
  expect(apply(snapshot, event('offer.resolved', { offer_id: 9 }), view).snapshot.offer).toBeNull();
  expect(apply(snapshot, event('offer.resolved', { offer_id: 8 }), view).snapshot.offer?.id).toBe(9);
});

test('a new entry reads the timeline on screen and counts for tickets open with me only', () => {
  expect(apply(snapshot, event('entry.added', { ticket_id: 1 }), view)).toMatchObject({ refresh: ['timeline:1', 'console'], arrived: 1 });
  expect(apply(snapshot, event('entry.added', { ticket_id: 2 }), view)).toMatchObject({ refresh: ['console'], arrived: 2 });
  expect(apply(snapshot, event('entry.added', { ticket_id: 77 }), view)).toMatchObject({ refresh: [], arrived: null });
});

test('presence of another operator does not concern this console', () => {
  expect(apply(snapshot, event('presence.changed', { operator_id: 12 }), view).refresh).toEqual([]);
  expect(apply(snapshot, event('presence.changed', { operator_id: 11 }), view).refresh).toEqual(['console']);
});

test('the pulse is taken from the event when it carries it', () => {
  expect(apply(snapshot, event('queue.pulse', { waiting: 7, longest_since: null, ready: 3, signed_in: 14 }), view).snapshot.pulse.waiting).toBe(7);
  expect(apply(snapshot, event('queue.pulse', {}), view).refresh).toContain('console');
});

test('a changed ticket replaces its card wherever it is open', () => {
  const outcome = apply(snapshot, event('ticket.changed', { ticket_id: 2, ticket: card(2, 'New subject') }), view);
  expect(outcome.snapshot.open.map((item) => item.subject)).toEqual(['Subject', 'New subject']);
  expect(snapshot.open[1]!.subject).toBe('Subject');
});

test('typing of an operator is not typing of the contact', () => {
  expect(apply(snapshot, event('chat.typing', { ticket_id: 1, from: 'contact' }), view).typing).toBe(1);
  expect(apply(snapshot, event('chat.typing', { ticket_id: 1, from: 'operator' }), view).typing).toBeNull();
});

test('the same event twice gives the same console', () => {
  for (const item of [event('offer.resolved', { offer_id: 9 }), event('queue.pulse', { waiting: 7 }), event('ticket.changed', { ticket_id: 2, ticket: card(2, 'New') })]) {
    const once = apply(snapshot, item, view).snapshot;
    expect(apply(once, item, view).snapshot).toEqual(once);
  }
});

test('an unknown kind changes nothing', () => {
  expect(apply(snapshot, event('invoice.issued', { ticket_id: 1 }), view)).toEqual({ snapshot, refresh: [], typing: null, arrived: null });
});

test('many requests in one window are one reading, and one more when something changes meanwhile', async () => {
  const ran: Refresh[] = [];
  const timers: (() => void)[] = [];
  let finish: () => void = () => undefined;
  const refresher = new Refresher(
    (name) => {
      ran.push(name);
      return new Promise((done) => (finish = done));
    },
    (work) => timers.push(work),
  );
  refresher.ask('console');
  refresher.ask('console');
  expect(timers).toHaveLength(1);
  timers.shift()!();
  expect(ran).toEqual(['console']);
  refresher.ask('console');
  refresher.ask('console');
  expect(timers).toHaveLength(0);
  finish();
  await Promise.resolve();
  await Promise.resolve();
  expect(timers).toHaveLength(1);
});
