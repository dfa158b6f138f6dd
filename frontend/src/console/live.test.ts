import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SocketLike } from '@/live/socket';
import { useSession } from '@/session';
import { useLive } from './live';

const sockets = vi.hoisted(() => [] as SocketLike[]);
vi.mock('./ports', () => ({
  feedPorts: {
    open: () => sockets[sockets.push({ readyState: 1, send: () => undefined, close: () => undefined, onopen: null, onmessage: null, onclose: null, onerror: null }) - 1],
    // a slower transaction runs: the log tells nothing of what came after it
    catchUp: async () => ({ results: [], next: '1-1', reload: false }),
    random: () => 0,
    setTimer: () => 0,
    clearTimer: () => undefined,
    now: () => 0,
  },
}));

const snapshot = {
  cursor: '1-1', server_time: '2026-06-05T10:00:00Z', pulse: { waiting: 1, longest_since: null, ready: 1, signed_in: 1 }, load: {}, transfers: [], calls: [], open: [], wrapping: [], offer: null,
  presence: { state: 'available', reason: '', since: '2026-06-05T10:00:00Z', next: null, engagement: 'idle', engagement_since: '2026-06-05T10:00:00Z' },
};
let onServer: object;

beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  sockets.length = 0;
  onServer = snapshot;
  useSession().me = { id: 1, email: 'anna@centre.example', full_name: 'Anna Kovacs', role: 'operator', language: 'en', operator_id: 11, accounts: [], server_time: '', live_cursor: '1-1' };
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(onServer), { status: 200, headers: { 'Content-Type': 'application/json' } }));
});
afterEach(() => {
  useLive().stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('an offer made between the first reading and the open socket is shown', async () => {
  const live = useLive();
  await live.start();
  expect(live.offer).toBeNull();
  onServer = { ...snapshot, offer: { id: 5, expires_at: '2099-01-01T00:00:00Z' } };
  sockets[0]!.onopen!();
  await vi.advanceTimersByTimeAsync(1000);
  expect(live.connection).toBe('online');
  expect(live.offer).toMatchObject({ id: 5 });
});
