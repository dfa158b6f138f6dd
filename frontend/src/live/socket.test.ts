import { beforeEach, describe, expect, test } from 'vitest';
import type { LiveEvent } from '@/api/types';
import { backOff, HEAL_MS, LiveFeed, LONGEST_WAIT_MS, SILENCE_MS, type Batch, type SocketLike } from './socket';

class FakeSocket implements SocketLike {
  readyState = 0;
  sent: string[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  push(id: number): void {
    this.onmessage?.({ data: JSON.stringify({ type: 'event', cursor: `7-${id}`, event: event(id) }) });
  }
}

function event(id: number): LiveEvent {
  return { cursor: `7-${id}`, kind: 'ticket.changed', at: '2026-06-05T10:00:00Z', account_id: 1, payload: { ticket_id: 1 } };
}

let sockets: FakeSocket[];
let timers: { work: () => void; ms: number }[];
let log: LiveEvent[];
let asked: string[];
let got: string[];
let states: string[];
let answer: ((after: string) => Promise<Batch>) | null;
let reloads: number;
let feed: LiveFeed;

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const newest = (): FakeSocket => sockets.at(-1)!;

beforeEach(() => {
  sockets = [];
  timers = [];
  log = [];
  asked = [];
  got = [];
  states = [];
  answer = null;
  reloads = 0;
  feed = new LiveFeed(
    '7-10',
    {
      open() {
        sockets.push(new FakeSocket());
        return newest();
      },
      async catchUp(after) {
        asked.push(after);
        if (answer) return answer(after);
        const results = log.filter((item) => Number(item.cursor.slice(2)) > Number(after.slice(2))).slice(0, 2);
        return { results, next: results.at(-1)?.cursor ?? null };
      },
      random: () => 0,
      setTimer(work, ms) {
        const timer = { work, ms };
        timers.push(timer);
        return timer;
      },
      clearTimer(timer) {
        timers = timers.filter((item) => item !== timer);
      },
      now: () => 0,
    },
    {
      onEvents: (events) => got.push(...events.map((item) => item.cursor)),
      async onReload() {
        reloads += 1;
        return '7-100';
      },
      onState: (state) => states.push(state),
    },
  );
});

async function fire(ms: number): Promise<void> {
  const due = timers.filter((timer) => timer.ms === ms);
  expect(due).toHaveLength(1);
  timers = timers.filter((timer) => timer !== due[0]);
  due[0]!.work();
  await settle();
}

describe('connecting', () => {
  test('what the socket brings is held until the log is read, then released in order and once', async () => {
    log = [event(11), event(12), event(13)];
    feed.start();
    newest().readyState = 1;
    newest().onopen?.();
    newest().push(13);
    newest().push(14);
    expect(got).toEqual([]);
    await settle();
    expect(asked).toEqual(['7-10', '7-12', '7-13']);
    expect(got).toEqual(['7-11', '7-12', '7-13', '7-14']);
    expect(states).toEqual(['connecting', 'catching_up', 'online']);
  });

  test('an event at or below the cursor of the snapshot is not applied again', async () => {
    feed.start();
    newest().open();
    await settle();
    newest().push(9);
    newest().push(10);
    newest().push(11);
    expect(got).toEqual(['7-11']);
  });

  test('a log that no longer reaches back reloads the snapshot and goes on from its cursor', async () => {
    answer = async (after) => (after === '7-10' ? { results: [], next: null, reload: true } : { results: [], next: null });
    feed.start();
    newest().open();
    await settle();
    expect(reloads).toBe(1);
    expect(asked).toEqual(['7-10', '7-100']);
    expect(states.at(-1)).toBe('online');
  });

  test('a log that cannot be read counts as no connection', async () => {
    answer = () => Promise.reject(new Error('502'));
    feed.start();
    newest().open();
    await settle();
    expect(newest().closed).toBe(true);
    expect(states.at(-1)).toBe('offline');
    answer = null;
    await fire(250);
    expect(sockets).toHaveLength(2);
  });
});

describe('online', () => {
  async function online(): Promise<void> {
    feed.start();
    newest().open();
    await settle();
  }

  test('an event that a slower transaction brings late is still handed on', async () => {
    await online();
    newest().push(15);
    newest().push(14);
    expect(got).toEqual(['7-15', '7-14']);
  });

  test('a push lost on the way is found by the regular reading of the log, and nothing twice', async () => {
    await online();
    newest().push(12);
    log = [event(11), event(12)];
    await fire(HEAL_MS * 0.75);
    expect(got).toEqual(['7-12', '7-11']);
    newest().push(11);
    expect(got).toEqual(['7-12', '7-11']);
  });

  test('after a break the log is read from the last complete place, not from the last push', async () => {
    await online();
    newest().push(15);
    newest().onclose?.({ code: 1006 });
    log = [event(14), event(15), event(16)];
    await fire(250);
    newest().open();
    await settle();
    expect(asked).toEqual(['7-10', '7-10', '7-15', '7-16']);
    expect(got).toEqual(['7-15', '7-14', '7-16']);
  });

  test('a clean close is a break too', async () => {
    await online();
    newest().onclose?.({ code: 1000 });
    await fire(250);
    expect(sockets).toHaveLength(2);
  });

  test('a connection that says nothing after a ping is given up', async () => {
    await online();
    await fire(SILENCE_MS);
    expect(sockets[0]!.closed).toBe(true);
    expect(states.at(-1)).toBe('offline');
  });

  test('a frame that is no JSON is ignored', async () => {
    await online();
    newest().onmessage?.({ data: '{' });
    newest().push(11);
    expect(got).toEqual(['7-11']);
  });

  test('being signed out is not retried', async () => {
    await online();
    newest().onclose?.({ code: 4401 });
    expect(timers).toEqual([]);
  });

  test('sending without a connection says so', async () => {
    expect(feed.send({ type: 'typing' })).toBe(false);
    await online();
    expect(feed.send({ type: 'typing', ticket_id: 4 })).toBe(true);
    expect(newest().sent.at(-1)).toBe('{"type":"typing","ticket_id":4}');
  });
});

describe('reconnecting', () => {
  test('waits double up to a bound, spread over their second half', () => {
    expect([0, 1, 2, 3].map((attempt) => backOff(attempt, 1))).toEqual([500, 1000, 2000, 4000]);
    expect(backOff(3, 0)).toBe(2000);
    expect(backOff(40, 1)).toBe(LONGEST_WAIT_MS);
  });

  test('each failed attempt waits longer; waking up connects at once', async () => {
    feed.start();
    newest().onclose?.({ code: 1006 });
    await fire(250);
    newest().onclose?.({ code: 1006 });
    expect(timers.map((timer) => timer.ms)).toEqual([500]);
    feed.wake();
    expect(sockets).toHaveLength(3);
    expect(timers).toEqual([]);
  });

  test('stopping leaves no timer and opens nothing more', async () => {
    feed.start();
    newest().onclose?.({ code: 1006 });
    feed.stop();
    feed.wake();
    expect(timers).toEqual([]);
    expect(sockets).toHaveLength(1);
  });
});
