import { beforeEach, expect, test } from 'vitest';
import { Draft, MIRROR_AFTER_MS, MIRROR_RETRY_MS, type DraftPorts, type DraftState } from './draft';

let kept: Map<string, string>;
let saves: string[];
let failing: boolean;
let timers: { work: () => void; ms: number }[];
let states: DraftState[];
const owner = { userId: 1, ticketId: 42, channel: 'email' };

const ports: DraftPorts = {
  storage: {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  },
  async save(_ticket, _channel, text) {
    if (failing) throw new Error('offline');
    saves.push(text);
  },
  setTimer(work, ms) {
    const timer = { work, ms };
    timers.push(timer);
    return timer;
  },
  clearTimer: (timer) => void (timers = timers.filter((item) => item !== timer)),
};
const make = (server: string | null = null): Draft => new Draft(owner, ports, (state) => states.push(state), server);
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
async function fire(): Promise<number> {
  const timer = timers.shift()!;
  timer.work();
  await settle();
  return timer.ms;
}

beforeEach(() => {
  kept = new Map();
  saves = [];
  failing = false;
  timers = [];
  states = [];
});

test('every key is on the device at once and the server gets the last of them', async () => {
  const draft = make();
  draft.write('H');
  draft.write('He');
  expect(JSON.parse(kept.get('draft:1:42:email')!)).toEqual({ text: 'He', mirrored: null });
  expect(await fire()).toBe(MIRROR_AFTER_MS);
  expect(saves).toEqual(['He']);
  expect(states.at(-1)).toBe('saved');
});

test('a draft of another device is taken over when this one has none', () => {
  expect(make('from the server').text).toBe('from the server');
});

test('the text on this device wins over the server and is mirrored', async () => {
  make().write('newer here');
  timers = [];
  const again = make('older there');
  expect(again.text).toBe('newer here');
  await fire();
  expect(saves).toEqual(['newer here']);
});

test('without a connection the draft stays on the device and is tried again', async () => {
  failing = true;
  const draft = make();
  draft.write('text');
  await fire();
  expect(states.at(-1)).toBe('local');
  failing = false;
  expect(await fire()).toBe(MIRROR_RETRY_MS);
  expect(saves).toEqual(['text']);
  expect(states.at(-1)).toBe('saved');
});

test('a sent text leaves nothing behind', async () => {
  const draft = make();
  draft.write('text');
  await fire();
  draft.clear();
  await settle();
  expect(saves).toEqual(['text', '']);
  expect(kept.size).toBe(0);
  expect(states.at(-1)).toBe('clean');
});

test('what is stored but cannot be read counts as nothing', () => {
  kept.set('draft:1:42:email', '{broken');
  expect(make().text).toBe('');
});
