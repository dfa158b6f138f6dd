import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backOff, newUuid, startChat, type Chat } from './chat';
import { FakeSocket, useFakeSockets } from './fake-socket';

const KEY = 'chat:shop';
const AT = '2026-11-23T10:00:00.000Z';
const LATER = '2026-11-23T10:00:05.000Z';
/** What waits in local storage, in the order of writing. */
const outbox = () =>
  Object.keys(localStorage)
    .filter((name) => name.startsWith(`${KEY}/`))
    .map((name) => JSON.parse(localStorage.getItem(name)!))
    .sort((a, b) => a.n - b.n);
const begin = (): Chat => startChat({ url: 'http://h/ws/chat/shop/', key: KEY, language: 'ru', changed: () => undefined });

function connected(history: object[] = []): Chat {
  const chat = begin();
  chat.connect();
  FakeSocket.last.welcomes(history);
  return chat;
}

beforeEach(useFakeSockets);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the first connection proposes a session of its own and keeps the one it is given', () => {
  begin().connect();
  const [session, token] = localStorage.getItem(KEY)!.split(' ');
  expect(FakeSocket.last.url).toBe('ws://h/ws/chat/shop/');
  FakeSocket.last.opens();
  expect(FakeSocket.last.sent).toEqual([{ type: 'hello', session, token, language: 'ru' }]);
  expect(token).toHaveLength(36);
  FakeSocket.last.welcomes();
  expect(localStorage.getItem(KEY)).toBe('s1 t1');
});

test('two tabs that open at once have one session', () => {
  begin().connect();
  FakeSocket.last.opens();
  const [first] = FakeSocket.last.of('hello');
  begin().connect();
  FakeSocket.last.opens();
  expect(FakeSocket.last.of('hello')).toEqual([first]);
});

test('what two tabs write at once is in the outbox of both', () => {
  const [one, two] = [begin(), begin()];
  one.send('from one');
  two.send('from two');
  expect(one.entries().map((entry) => entry.text).sort()).toEqual(['from one', 'from two']);
  expect(two.entries()).toHaveLength(2);
});

test('a returning visitor shows session and token and gets the history', () => {
  localStorage.setItem(KEY, 's1 t1');
  const chat = begin();
  expect(chat.returning()).toBe(true);
  chat.connect();
  FakeSocket.last.welcomes([{ id: '1', from: 'operator', name: 'Anna', text: 'Hello', at: AT }]);
  expect(FakeSocket.last.sent[0]).toMatchObject({ session: 's1', token: 't1' });
  expect(chat.entries().map((entry) => entry.text)).toEqual(['Hello']);
});

test('a message stays in the outbox until it is acknowledged', () => {
  const chat = connected();
  chat.send('Where is my order?');
  const [frame] = FakeSocket.last.of('message');
  expect(frame).toEqual({ type: 'message', uuid: outbox()[0].uuid, text: 'Where is my order?', n: expect.any(Number) });
  expect(chat.entries()[0]).toMatchObject({ state: 'sending' });

  FakeSocket.last.says({ type: 'ack', uuid: frame!.uuid, at: AT });
  expect(outbox()).toEqual([]);
  expect(chat.entries()).toMatchObject([{ text: 'Where is my order?', state: 'sent', uuid: frame!.uuid }]);
});

test('messages written without a connection leave in order, one at a time, under the same uuid', () => {
  const chat = begin();
  chat.send('one');
  chat.send('two');
  const uuids = outbox().map((entry: { uuid: string }) => entry.uuid);
  FakeSocket.last.welcomes();
  expect(FakeSocket.last.of('message').map((frame) => frame.text)).toEqual(['one']);
  FakeSocket.last.breaks();
  vi.advanceTimersByTime(1000);
  FakeSocket.last.welcomes();
  FakeSocket.last.says({ type: 'ack', uuid: uuids[0], at: AT });
  FakeSocket.last.says({ type: 'ack', uuid: uuids[1], at: AT });
  expect(FakeSocket.all).toHaveLength(2);
  expect(FakeSocket.last.of('message').map((frame) => frame.uuid)).toEqual(uuids);
  expect(outbox()).toEqual([]);
});

test('the outbox survives a reload of the page', () => {
  begin().send('still here');
  const reloaded = begin();
  expect(reloaded.returning()).toBe(true);
  reloaded.connect();
  FakeSocket.last.welcomes();
  expect(FakeSocket.last.of('message')).toMatchObject([{ text: 'still here' }]);
});

test('a message that the history shows is not sent again when only its acknowledgement was lost', () => {
  const chat = connected();
  chat.send('once');
  const { uuid } = outbox()[0];
  FakeSocket.last.breaks();
  vi.advanceTimersByTime(1000);
  FakeSocket.last.welcomes([{ id: '7', uuid, from: 'visitor', text: 'once', at: AT, state: 'sent' }]);
  expect(FakeSocket.last.of('message')).toEqual([]);
  expect(chat.entries()).toHaveLength(1);
  expect(outbox()).toEqual([]);
});

test('a silent server is left after ten seconds and the message is sent on a new connection', () => {
  const chat = connected();
  chat.send('hello?');
  vi.advanceTimersByTime(10_000);
  expect(chat.state()).toBe('offline');
  vi.advanceTimersByTime(1000);
  FakeSocket.last.welcomes();
  expect(FakeSocket.all).toHaveLength(2);
  expect(FakeSocket.last.of('message')).toMatchObject([{ text: 'hello?' }]);
});

test('a connection whose pings are not answered is replaced', () => {
  const chat = connected();
  vi.advanceTimersByTime(25_000);
  expect(FakeSocket.last.of('ping')).toHaveLength(1);
  FakeSocket.last.says({ type: 'pong' });
  vi.advanceTimersByTime(25_000);
  expect(chat.state()).toBe('online');
  vi.advanceTimersByTime(10_000);
  expect(chat.state()).toBe('offline');
});

test('the back-off doubles up to thirty seconds and jitters in its upper half', () => {
  expect([0, 1, 2, 3].map((attempt) => backOff(attempt, 1))).toEqual([500, 1000, 2000, 4000]);
  expect(backOff(0, 0)).toBe(250);
  expect(backOff(20, 0)).toBe(15_000);
  expect(backOff(20, 1)).toBe(30_000);
});

test('attempts that fail wait longer each time and start over after a welcome', () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  begin().connect();
  FakeSocket.last.breaks();
  vi.advanceTimersByTime(500);
  expect(FakeSocket.all).toHaveLength(2);
  FakeSocket.last.breaks();
  vi.advanceTimersByTime(999);
  expect(FakeSocket.all).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(FakeSocket.all).toHaveLength(3);
  FakeSocket.last.welcomes();
  FakeSocket.last.breaks();
  vi.advanceTimersByTime(500);
  expect(FakeSocket.all).toHaveLength(4);
  vi.restoreAllMocks();
});

test('hurry connects at once while offline and does nothing otherwise', () => {
  const chat = connected();
  chat.hurry();
  expect(FakeSocket.all).toHaveLength(1);
  FakeSocket.last.breaks();
  chat.hurry();
  expect(FakeSocket.all).toHaveLength(2);
});

test.each([4404, 4403])('close code %d is final', (code) => {
  const chat = begin();
  chat.connect();
  FakeSocket.last.breaks(code);
  vi.advanceTimersByTime(120_000);
  expect(chat.state()).toBe('refused');
  expect(FakeSocket.all).toHaveLength(1);
});

test('a wrong token drops the session, not the outbox', () => {
  localStorage.setItem(KEY, 'old bad');
  const chat = begin();
  chat.send('keep me');
  FakeSocket.last.opens();
  FakeSocket.last.says({ type: 'error', code: 'wrong_token' });
  FakeSocket.last.breaks(4401);
  vi.advanceTimersByTime(1000);
  FakeSocket.last.welcomes();
  expect(FakeSocket.last.sent[0]!.session).not.toBe('old');
  expect(FakeSocket.last.of('message')).toMatchObject([{ text: 'keep me' }]);
});

test('a rate limit delays the message and loses nothing', () => {
  const chat = connected();
  chat.send('fast');
  const { uuid } = outbox()[0];
  FakeSocket.last.says({ type: 'error', code: 'rate_limited', uuid, retry_ms: 2000 });
  vi.advanceTimersByTime(1999);
  expect(FakeSocket.last.of('message')).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(FakeSocket.last.of('message').map((frame) => frame.uuid)).toEqual([uuid, uuid]);
});

test('a message refused for good is shown as failed and does not block the next', () => {
  const chat = connected();
  chat.send('bad');
  chat.send('good');
  FakeSocket.last.says({ type: 'error', code: 'invalid', uuid: outbox()[0].uuid });
  expect(FakeSocket.last.of('message').map((frame) => frame.text)).toEqual(['bad', 'good']);
  expect(chat.entries().map((entry) => [entry.text, entry.state])).toEqual([
    ['bad', 'failed'],
    ['good', 'sending'],
  ]);
});

test('the echo of a message to another tab and its acknowledgement are one entry', () => {
  const chat = connected();
  chat.send('hi');
  const { uuid } = outbox()[0];
  FakeSocket.last.says({ type: 'entry', entry: { id: '3', uuid, from: 'visitor', text: 'hi', at: AT, state: 'sent' } });
  FakeSocket.last.says({ type: 'ack', uuid, at: AT });
  expect(chat.entries()).toHaveLength(1);
});

test('an operator reply ends typing, marks what was written as seen and counts as unread until seen', () => {
  const chat = connected([{ id: '1', uuid: 'u', from: 'visitor', text: 'hi', at: AT, state: 'sent' }]);
  FakeSocket.last.says({ type: 'typing', name: 'Anna' });
  expect(chat.typing()).toBe('Anna');
  FakeSocket.last.says({ type: 'entry', entry: { id: '2', from: 'operator', name: 'Anna', text: 'Hello', at: LATER } });
  expect(chat.typing()).toBe('');
  expect(chat.entries()[0]).toMatchObject({ state: 'seen' });
  expect(chat.unread()).toHaveLength(1);
  chat.see();
  chat.see();
  expect(chat.unread()).toHaveLength(0);
  expect(FakeSocket.last.of('seen')).toEqual([{ type: 'seen', id: '2' }]);
});

test('typing is told at most every three seconds and shown for five', () => {
  const chat = connected();
  chat.type();
  chat.type();
  vi.advanceTimersByTime(3000);
  chat.type();
  expect(FakeSocket.last.of('typing')).toHaveLength(2);
  FakeSocket.last.says({ type: 'typing', name: 'Anna' });
  vi.advanceTimersByTime(5000);
  expect(chat.typing()).toBe('');
});

test('where storage is blocked the outbox lives in memory', () => {
  const blocked = vi.spyOn(globalThis, 'localStorage', 'get').mockImplementation(() => {
    throw new Error('blocked');
  });
  const chat = begin();
  blocked.mockRestore();
  chat.send('hi');
  FakeSocket.last.welcomes();
  expect(FakeSocket.last.of('message')).toMatchObject([{ text: 'hi' }]);
});

test('a uuid is of version 4 and never the same', () => {
  const uuids = Array.from({ length: 200 }, newUuid);
  for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(uuids).size).toBe(200);
});

test('entries stand in the order of the server\'s clock, however they arrive', () => {
  const chat = connected();
  FakeSocket.last.says({ type: 'entry', entry: { id: '9', from: 'operator', name: 'Anna', text: 'second', at: LATER } });
  FakeSocket.last.says({ type: 'entry', entry: { id: '8', from: 'operator', name: 'Anna', text: 'first', at: AT } });
  FakeSocket.last.says({ type: 'entry', entry: { id: '9', from: 'operator', name: 'Anna', text: 'second', at: LATER } });
  expect(chat.entries().map((entry) => entry.text)).toEqual(['first', 'second']);
});

test('a read mark counts for what was written until then', () => {
  const chat = connected([
    { id: '1', uuid: 'u1', from: 'visitor', text: 'one', at: AT, state: 'sent' },
    { id: '2', uuid: 'u2', from: 'visitor', text: 'two', at: LATER, state: 'sent' },
  ]);
  FakeSocket.last.says({ type: 'read', at: AT });
  expect(chat.entries().map((entry) => entry.state)).toEqual(['seen', 'sent']);
});

test('a rating is kept until it is acknowledged and is no entry', () => {
  const chat = connected();
  FakeSocket.last.says({ type: 'state', state: 'closed', rate: 0, mail: false });
  expect(chat.rating()).toBe(0);
  chat.rate(4, 'quick');
  expect(FakeSocket.last.of('rate')).toMatchObject([{ score: 4, comment: 'quick' }]);
  expect(chat.entries()).toEqual([]);
  FakeSocket.last.breaks();
  vi.advanceTimersByTime(1000);
  FakeSocket.last.welcomes([], 'closed', { rate: 0 });
  const [again] = FakeSocket.last.of('rate');
  FakeSocket.last.says({ type: 'ack', uuid: again!.uuid, at: AT });
  expect(outbox()).toEqual([]);
  expect(chat.entries()).toEqual([]);
});

test('what is left in the form leaves with name and address', () => {
  const chat = connected();
  FakeSocket.last.says({ type: 'state', state: 'away', rate: null, mail: false });
  chat.send('Call me', { name: 'Nell', email: 'nell@mail.example', form: true });
  expect(FakeSocket.last.of('message')).toMatchObject([{ text: 'Call me', name: 'Nell', email: 'nell@mail.example', form: true }]);
});

test('the proof of identity is shown at every hello, and a refusal is said to the page\'s makers alone', () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  startChat({ url: 'http://h/ws/chat/shop/', key: KEY, language: 'en', identity: 'a.b.c', changed: () => undefined }).connect();
  FakeSocket.last.opens();
  expect(FakeSocket.last.sent).toMatchObject([{ identity: 'a.b.c' }]);
  FakeSocket.last.says({ type: 'error', code: 'identity_refused', message: 'identity: the token has expired.' });
  expect(warned).toHaveBeenCalledWith('identity: the token has expired.');
});

test('a file is posted under one uuid until the server takes it', async () => {
  const posted: string[] = [];
  const answers = [new Error('no connection'), { error: { code: 'rate_limited', data: { retry_ms: 900 } } }, { uuid: 'u', at: AT }];
  vi.stubGlobal('fetch', async (_: string, { body }: { body: FormData }) => {
    posted.push(`${body.get('session')} ${body.get('token')} ${body.get('uuid')}`);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return { json: async () => answer };
  });
  const chat = connected();
  chat.sendFile(new File(['receipt'], 'receipt.txt'));
  await vi.advanceTimersByTimeAsync(0);
  expect(chat.entries()).toMatchObject([{ state: 'sending', files: [{ name: 'receipt.txt' }] }]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(posted).toHaveLength(3);
  expect(new Set(posted).size).toBe(1);
  expect(posted[0]).toMatch(/^s1 t1 /);
  const { uuid } = chat.entries()[0]!;
  expect(chat.entries()).toMatchObject([{ state: 'sent' }]);
  FakeSocket.last.says({ type: 'entry', entry: { id: '5', uuid, from: 'visitor', text: '', at: AT, state: 'sent', files: [{ name: 'receipt.txt', url: '/chat/files/x/' }] } });
  expect(chat.entries()).toMatchObject([{ id: '5', files: [{ url: '/chat/files/x/' }] }]);
});

test('a file above ten megabytes is not even tried', () => {
  const fetched = vi.fn();
  vi.stubGlobal('fetch', fetched);
  const chat = connected();
  chat.sendFile({ name: 'film.mkv', size: 10_000_001 } as File);
  expect(chat.entries()).toMatchObject([{ state: 'big' }]);
  expect(fetched).not.toHaveBeenCalled();
});
