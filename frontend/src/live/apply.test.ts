import { expect, test } from 'vitest';
import type { ConsoleSnapshot, LiveEvent, TicketCard } from '@/api/types';
import { apply, Refresher, type Refresh } from './apply';

const card = (id: number, subject = 'Subject'): TicketCard => ({
  id, number: `MT-${id}`, account_id: 1, contact: { id: 5, name: 'Olga', point: '+7' }, channel: 'chat', subject, language: 'ru', status: 'open', unread: 0,
  waiting_since: null, last_activity_at: '2026-06-05T10:00:00Z', assignee: null, preview: '', assignment_state: 'active', since: null, due_at: null, due_for: '', is_breached: false, snoozed_until: null,
});
const snapshot: ConsoleSnapshot = {
  cursor: '5-1',
  server_time: '2026-06-05T10:00:00Z',
  presence: { state: 'available', reason: '', since: '2026-06-05T09:00:00Z', next: null, engagement: 'idle', engagement_since: '2026-06-05T09:00:00Z' },
  load: { voice: { used: 0, max: 1 }, chat: { used: 2, max: 4 }, email: { used: 0, max: 6 } },
  pulse: { waiting: 2, longest_since: '2026-06-05T09:59:00Z', ready: 1, signed_in: 3 },
  offer: { id: 9, ticket: card(40), channel: 'chat', offered_at: '2026-06-05T10:00:00Z', expires_at: '2026-06-05T10:00:30Z', why: {}, purpose: 'route', bridge: '' },
  transfers: [], calls: [],
  open: [card(1), card(2)],
  wrapping: [{ ticket_id: 3, started_at: '2026-06-05T09:59:50Z', due_at: '2026-06-05T10:00:50Z', extended: false, ticket: card(3) }],
};
type Kind = LiveEvent['kind'];
type PayloadOf<K extends Kind> = Extract<LiveEvent, { kind: K }>['payload'];
const event = <K extends Kind>(kind: K, payload: PayloadOf<K>): LiveEvent => ({ cursor: '5-2', kind, at: '2026-06-05T10:00:01Z', account_id: 1, payload }) as LiveEvent;
const entry = { type: 'message', id: 1 } as const;
const pulse = { waiting: 7, longest_since: null, ready: 3, signed_in: 14 };
const wrapped = { ticket_id: 2, outcome: 'solved' };
const view = { operatorId: 11, selected: 1 };

test('an offer is on screen with the event that brings it', () => {
  const offer = { id: 10, ticket: card(41), channel: 'chat', offered_at: '', expires_at: '2026-06-05T10:01:00Z', why: {}, purpose: 'route', bridge: '' } as const;
  expect(apply(snapshot, event('offer.made', { offer }), view).snapshot.offer?.id).toBe(10);
});

test('the offer on screen goes away when it is resolved, another one stays', () => {
  const resolved = { ticket_id: 40, state: 'timed_out' } as const;
  expect(apply(snapshot, event('offer.resolved', { offer_id: 9, ...resolved }), view).snapshot.offer).toBeNull();
  expect(apply(snapshot, event('offer.resolved', { offer_id: 8, ...resolved }), view).snapshot.offer?.id).toBe(9);
});

test('a new entry reads the timeline on screen and counts for tickets with me only', () => {
  expect(apply(snapshot, event('entry.added', { ticket_id: 1, entry }), view)).toMatchObject({ refresh: ['timeline:1', 'console'], arrived: 1 });
  expect(apply(snapshot, event('entry.added', { ticket_id: 2, entry }), view)).toMatchObject({ refresh: ['console'], arrived: 2 });
  expect(apply(snapshot, event('entry.added', { ticket_id: 3, entry }), view)).toMatchObject({ refresh: ['console'], arrived: 3 });
  expect(apply(snapshot, event('entry.added', { ticket_id: 77, entry }), view)).toMatchObject({ refresh: [], arrived: null });
});

test('a note of a colleague is no arrival', () => {
  expect(apply(snapshot, event('entry.added', { ticket_id: 2, entry: { type: 'note', id: 1 } }), view)).toMatchObject({ refresh: ['console'], arrived: null });
});

test('a changed entry is read again but is nothing new', () => {
  expect(apply(snapshot, event('entry.changed', { ticket_id: 1, entry }), view)).toMatchObject({ refresh: ['timeline:1'], arrived: null });
});

test('what a supervisor or a colleague does is told in words, and read anew', () => {
  const whisper = event('ticket.whispered', { ticket_id: 1, note_id: 3, text: 'Offer a refund', from: 'Chief' });
  expect(apply(snapshot, whisper, view)).toMatchObject({ notice: whisper, refresh: ['ticket:1', 'timeline:1'] });
  const person = (id: number) => ({ id, name: `P${id}` });
  const transfer = (state: 'refused' | 'asked', from: number) => event('transfer.changed', { transfer: { id: 5, ticket_id: 2, kind: 'operator', state, from: person(from), to: person(12), queue: '', number: '', note: '', asked_at: '', consulting_at: null } });
  expect(apply(snapshot, transfer('refused', 11), view).notice).toBeDefined();
  // whoever refused knows it, and being asked is no news to the one who asks
  expect(apply(snapshot, transfer('refused', 13), view).notice).toBeUndefined();
  expect(apply(snapshot, transfer('asked', 11), view)).toMatchObject({ refresh: ['console', 'lists'] });
  expect(apply(snapshot, transfer('asked', 11), view).notice).toBeUndefined();
});

test('who looks at a ticket is taken over as the server tells it, and asks for nothing', () => {
  const viewers = [{ user_id: 12, name: 'Boris', writing: true }];
  const outcome = apply(snapshot, event('ticket.viewers', { ticket_id: 1, viewers }), view);
  expect(outcome).toMatchObject({ viewers: { ticket_id: 1, viewers }, refresh: [] });
});

test('presence of another operator does not concern this console', () => {
  const changed = { state: 'break', reason: 'meal', since: '2026-06-05T10:00:00Z', next: null } as const;
  expect(apply(snapshot, event('presence.changed', { operator_id: 12, ...changed }), view).refresh).toEqual([]);
  expect(apply(snapshot, event('presence.changed', { operator_id: 11, ...changed }), view).refresh).toEqual(['console']);
});

test('the pulse is taken from the event', () => {
  expect(apply(snapshot, event('queue.pulse', pulse), view).snapshot.pulse).toEqual(pulse);
});

test('a changed ticket is read where it is shown', () => {
  expect(apply(snapshot, event('ticket.changed', { ticket_id: 1 }), view).refresh).toEqual(['console', 'lists', 'ticket:1']);
  expect(apply(snapshot, event('ticket.changed', { ticket_id: 77 }), view).refresh).toEqual(['lists']);
});

test('typing of an operator is not typing of the contact', () => {
  expect(apply(snapshot, event('chat.typing', { ticket_id: 1, from: 'contact', name: 'Olga' }), view).typing).toBe(1);
  expect(apply(snapshot, event('chat.typing', { ticket_id: 1, from: 'operator', name: 'Anna' }), view).typing).toBeNull();
});

test('the same event twice gives the same console', () => {
  for (const item of [event('offer.resolved', { offer_id: 9, ticket_id: 40, state: 'accepted' }), event('queue.pulse', pulse), event('wrap.finished', wrapped)]) {
    const once = apply(snapshot, item, view).snapshot;
    expect(apply(once, item, view).snapshot).toEqual(once);
  }
});

test('a kind that this page does not know yet changes nothing', () => {
  const unknown = { ...event('ticket.changed', { ticket_id: 1 }), kind: 'invoice.issued' } as unknown as LiveEvent;
  expect(apply(snapshot, unknown, view)).toEqual({ snapshot, refresh: [], typing: null, arrived: null });
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

test('the lists are read soon after a quiet time and at most every second and a half in a busy one', async () => {
  const waits: number[] = [];
  const timers: (() => void)[] = [];
  let at = 10_000;
  const refresher = new Refresher(
    async () => undefined,
    (work, ms) => (waits.push(ms), timers.push(work)),
    () => at,
  );
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  refresher.ask('lists');
  timers.shift()!();
  await settle();
  at += 300;
  refresher.ask('lists');
  timers.shift()!();
  await settle();
  at += 60_000;
  refresher.ask('lists');
  expect(waits).toEqual([120, 1200, 120]);
});
