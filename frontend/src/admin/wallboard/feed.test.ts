import { describe, expect, test } from 'vitest';
import type { FeedPorts, SocketLike } from '@/live/socket';
import { BoardFeed, POLL_MS, QUIET_MS, STEP_MS } from './feed';

class Socket implements SocketLike {
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  /** Every ping is answered, else the feed takes the connection for dead. */
  send(): void {
    void Promise.resolve().then(() => this.onmessage?.({ data: JSON.stringify({ type: 'pong', server_time: '2026-06-15T09:00:00Z' }) }));
  }
  close(): void {}
}

/** A board whose time moves only when told. */
function board() {
  let now = 0;
  let timers: { at: number; work: () => void }[] = [];
  const sockets: Socket[] = [];
  const asked: number[] = [];
  const states: string[] = [];
  const hidden = { value: false };
  const ports: FeedPorts = {
    open: () => {
      const socket = new Socket();
      sockets.push(socket);
      return socket;
    },
    catchUp: async () => ({ results: [], next: null }),
    random: () => 0.5,
    setTimer: (work, ms) => {
      const timer = { at: now + ms, work };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => (timers = timers.filter((item) => item !== timer)),
    now: () => now,
  };
  const feed = new BoardFeed(
    async () => {
      asked.push(now);
      return '5-1';
    },
    ports,
    (state) => states.push(state),
    () => hidden.value,
  );
  const settle = async () => {
    for (let i = 0; i < 12; i += 1) await Promise.resolve();
  };
  return {
    feed, sockets, asked, states, hidden, settle,
    async pass(ms: number) {
      const until = now + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.work();
        await settle();
      }
      now = until;
    },
  };
}
const event = (id: number) => ({ data: JSON.stringify({ type: 'event', cursor: `9-${id}`, event: { kind: 'ticket.changed', payload: {} } }) });

describe('the board', () => {
  test('asks once for many events, and again only a step later', async () => {
    const b = board();
    b.feed.start();
    await b.settle();
    b.sockets[0]!.onopen!();
    await b.settle();
    expect(b.states.at(-1)).toBe('online');
    await b.pass(STEP_MS);
    const before = b.asked.length;
    for (let id = 1; id <= 50; id += 1) b.sockets[0]!.onmessage!(event(id));
    await b.pass(1);
    expect(b.asked.length).toBe(before + 1);
    b.sockets[0]!.onmessage!(event(99));
    await b.pass(STEP_MS - 10);
    expect(b.asked.length).toBe(before + 1);
    await b.pass(20);
    expect(b.asked.length).toBe(before + 2);
  });

  test('is polled while the socket is away, and slowly while it is there', async () => {
    const b = board();
    b.feed.start();
    await b.settle();
    b.sockets[0]!.onclose!({ code: 1006 });
    const before = b.asked.length;
    await b.pass(4 * POLL_MS + 100);
    expect(b.asked.length).toBe(before + 4);
    b.sockets.at(-1)!.onopen!();
    await b.settle();
    await b.pass(POLL_MS);
    const online = b.asked.length;
    await b.pass(2 * QUIET_MS);
    expect(b.asked.length - online).toBeLessThanOrEqual(3);
  });

  test('asks nothing while nobody looks, and at once when somebody does', async () => {
    const b = board();
    b.feed.start();
    await b.settle();
    b.hidden.value = true;
    const before = b.asked.length;
    await b.pass(10 * POLL_MS);
    expect(b.asked.length).toBe(before);
    b.hidden.value = false;
    b.feed.wake();
    await b.pass(1);
    expect(b.asked.length).toBe(before + 1);
    b.feed.stop();
    await b.pass(10 * POLL_MS);
    expect(b.asked.length).toBe(before + 1);
  });
});
