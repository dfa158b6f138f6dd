/**
 * The visitor's side of the chat protocol, without a DOM.
 *
 * What the visitor writes is put into the outbox (local storage, a key for each) before it is sent and leaves it only
 * when the server acknowledged it or shows it in the history; its UUID is the idempotency key, so sending it twice is
 * harmless. One frame is in flight at a time: the order of writing is the order of arrival. All tabs of a page share
 * session and outbox.
 */
export interface ChatFile {
  name: string;
  image?: boolean;
  url?: string;
}

export interface Entry {
  id?: string;
  uuid?: string;
  from: 'visitor' | 'operator' | 'system';
  text: string;
  at?: string;
  name?: string;
  state?: 'sending' | 'sent' | 'seen' | 'failed' | 'big';
  files?: ChatFile[];
}

export type Connection = 'idle' | 'connecting' | 'online' | 'away' | 'closed' | 'offline' | 'refused';

/** A frame that is kept until it is acknowledged; `n` is its place in the outbox. */
interface Pending {
  type: string;
  uuid: string;
  n: number;
  text?: string;
}

interface Upload extends Entry {
  uuid: string;
  file: File;
}

export interface Options {
  /** Of the endpoint: the socket is opened there, files are posted there. */
  url: string;
  /** Where the session, its token and the outbox are kept in local storage. */
  key: string;
  language: string;
  name?: string;
  identity?: string;
  changed: () => void;
}

export interface Chat {
  /** How the chat stands; online (staffed), away and closed mean that the socket is open. */
  state(): Connection;
  /** Who is writing just now, or "". */
  typing(): string;
  /** The server's order first, then what is still on its way. */
  entries(): Entry[];
  /** Operator entries the visitor has not seen. */
  unread(): Entry[];
  /** 0: ask for a rating, 1 to 5: given, null: do not ask. */
  rating(): number | null;
  /** An address for later replies is known. */
  mail(): boolean;
  /** True when an earlier visit left a chat or unsent messages behind. */
  returning(): boolean;
  connect(): void;
  /** Try now rather than when the back-off ends: the browser is online, the page is seen again. */
  hurry(): void;
  send(text: string, more?: object): void;
  sendFile(file: File): void;
  rate(score: number, comment: string): void;
  /** Tells the operator that the visitor is writing, at most every three seconds. */
  type(): void;
  /** The visitor has the newest operator message before their eyes. */
  see(): void;
}

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 30_000;
const ANSWER_MS = 10_000;
const PING_MS = 25_000;
const TYPING_EVERY_MS = 3_000;
const TYPING_SHOWN_MS = 5_000;
/** The server refuses larger ones (channels_app/attachments.py). */
const MAX_FILE_BYTES = 1e7;
const UPLOAD_AGAIN_MS = 5_000;

/** Exponential back-off with jitter in its upper half, so that a restarted server is not stormed. */
export const backOff = (attempt: number, random: number): number =>
  Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + random / 2);

/** A random version 4 UUID; `crypto.randomUUID` is missing on pages without HTTPS. */
export const newUuid = (): string =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (+digit ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+digit / 4)))).toString(16),
  );

export function startChat({ url, key, language, name, identity, changed }: Options): Chat {
  let state: Connection = 'idle';
  let typing = '';
  let rating: number | null = null;
  let mail = false;
  let history: Entry[] = [];
  const uploads: Upload[] = [];
  let store: Record<string, string> = {};
  let socket: WebSocket | undefined;
  let attempt = 0;
  let inFlight: string | undefined;
  let typedAt = 0;
  let written = 0;
  let retryTimer: ReturnType<typeof setTimeout>;
  let answerTimer: ReturnType<typeof setTimeout>;
  let typingTimer: ReturnType<typeof setTimeout>;

  try {
    store = localStorage;
  } catch {
    /* blocked: this visit alone remembers */
  }

  function put(name: string, value: string): void {
    try {
      store[name] = value;
    } catch {
      store = { ...store, [name]: value }; // full
    }
  }

  const seenKey = `${key}#`;
  const box = `${key}/`;

  /** Read afresh every time: another tab of the same page shares the outbox. */
  const outbox = (): Pending[] =>
    Object.keys(store)
      .filter((name) => name.startsWith(box))
      .map((name) => JSON.parse(store[name]!) as Pending)
      .sort((a, b) => a.n - b.n);

  /** Session and token are this browser's own choice until the server knows better. */
  const session = (): string[] => {
    if (!store[key]) put(key, `${newUuid()} ${newUuid()}`);
    return store[key]!.split(' ');
  };

  const isOpen = () => 'online away closed'.includes(state);

  function transmit(frame: object): void {
    if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
  }

  /** A server that says nothing is as good as gone: take a new connection. */
  function expectAnswer(): void {
    clearTimeout(answerTimer);
    answerTimer = setTimeout(drop, ANSWER_MS);
  }

  function drop(): void {
    socket?.close();
    lost(1006);
  }

  function lost(code: number): void {
    socket = inFlight = undefined;
    typing = '';
    clearTimeout(answerTimer);
    // Unknown endpoint, refused origin: asking again would get the same answer.
    if (code === 4404 || code === 4403) state = 'refused';
    else {
      state = 'offline';
      retryTimer = setTimeout(connect, backOff(attempt++, Math.random()));
    }
    changed();
  }

  function connect(): void {
    if (socket || state === 'refused') return;
    clearTimeout(retryTimer);
    if (!attempt) state = 'connecting';
    const opened = (socket = new WebSocket(url.replace('http', 'ws')));
    const [id, token] = session();
    opened.onopen = () => transmit({ type: 'hello', session: id, token, language, name, identity });
    opened.onmessage = ({ data }) => opened === socket && receive(data);
    opened.onclose = ({ code }) => opened === socket && lost(code);
    expectAnswer();
    changed();
  }

  function flush(): void {
    const [next] = outbox();
    if (!next || inFlight || !isOpen()) return;
    inFlight = next.uuid;
    transmit(next);
    expectAnswer();
  }

  const forget = (uuid?: string) => store[box + uuid] && delete store[box + uuid];

  /** Takes a frame out of the outbox, so that the next one may leave. */
  function take(uuid: string): Pending | undefined {
    const kept = store[box + uuid];
    forget(uuid);
    if (uuid === inFlight) inFlight = undefined;
    flush();
    return kept && JSON.parse(kept);
  }

  function keep(frame: object): void {
    const uuid = newUuid();
    // Later than the one before, whatever the clock does.
    put(box + uuid, JSON.stringify({ ...frame, uuid, n: (written = Math.max(Date.now(), written + 1)) }));
    changed();
    connect();
    flush();
  }

  const shown = ({ uuid, text }: Pending): Entry => ({ uuid, text: text!, from: 'visitor', state: 'sending' });

  /** What was written until then has been read. */
  function markSeen(at: string): void {
    for (const entry of history) if (entry.from === 'visitor' && entry.at! <= at) entry.state = 'seen';
  }

  function arrive(entry: Entry): void {
    const same = history.find((old) => (entry.uuid ? old.uuid === entry.uuid : old.id === entry.id));
    if (same) Object.assign(same, entry);
    else history.push(entry);
    history.sort((a, b) => a.at!.localeCompare(b.at!));
    if (entry.from === 'operator') {
      typing = '';
      markSeen(entry.at!);
    }
  }

  function receive(data: string): void {
    clearTimeout(answerTimer);
    const frame = JSON.parse(data);
    const { type, uuid } = frame;
    if (type === 'welcome') {
      attempt = 0;
      history = frame.history;
      put(key, `${frame.session} ${frame.token}`);
      for (const entry of history) forget(entry.uuid);
    }
    if (type === 'welcome' || type === 'state') {
      ({ state, rate: rating, mail } = frame);
      flush();
    } else if (type === 'ack') {
      const sent = take(uuid);
      if (sent?.text) arrive({ ...shown(sent), at: frame.at, state: 'sent' });
    } else if (type === 'entry') {
      if (frame.entry.uuid) take(frame.entry.uuid);
      arrive(frame.entry);
    } else if (type === 'typing') {
      typing = frame.name;
      clearTimeout(typingTimer);
      typingTimer = setTimeout(() => {
        typing = '';
        changed();
      }, TYPING_SHOWN_MS);
    } else if (type === 'read') markSeen(frame.at);
    else if (frame.code === 'wrong_token') {
      history = [];
      delete store[key];
    } else if (frame.retry_ms) {
      inFlight = undefined;
      setTimeout(flush, frame.retry_ms);
    } else if (uuid) {
      const refused = take(uuid);
      if (refused?.text) arrive({ ...shown(refused), at: new Date().toISOString(), state: 'failed' });
    } // Where the page's makers look.
    // eslint-disable-next-line no-console
    else if (type === 'error') console.warn(frame.message);
    changed();
  }

  /** Tries until the server has taken the file or refused it for good; the UUID makes trying again harmless. */
  async function upload(entry: Upload): Promise<void> {
    const body = new FormData();
    const { uuid, file } = entry;
    const [id, token] = session();
    const fields = { session: id, token, uuid, file } as Record<string, string | Blob>;
    for (const name in fields) body.append(name, fields[name]!);
    try {
      const { error } = await (await fetch(url, { method: 'POST', body })).json();
      if (!error) entry.state = 'sent';
      else if (!error.data?.retry_ms) entry.state = 'failed';
    } catch {
      /* no connection, or no answer that can be read */
    }
    if (entry.state === 'sending') setTimeout(upload, UPLOAD_AGAIN_MS, entry);
    changed();
  }

  setInterval(() => {
    if (!isOpen()) return;
    transmit({ type: 'ping' });
    expectAnswer();
    flush();
  }, PING_MS);

  const unread = (): Entry[] => history.filter((entry) => entry.from === 'operator' && !(entry.at! <= store[seenKey]!));

  return {
    state: () => state,
    typing: () => typing,
    entries: () => [
      ...history,
      ...outbox().filter((pending) => pending.text).map(shown),
      ...uploads.filter(({ uuid }) => !history.some((entry) => entry.uuid === uuid)),
    ],
    unread,
    rating: () => rating,
    mail: () => mail,
    returning: () => !!store[key] || !!outbox()[0],
    connect,
    hurry() {
      if (state === 'offline') {
        attempt = 0;
        connect();
      }
    },
    send: (text, more) => keep({ type: 'message', text, ...more }),
    rate(score, comment) {
      rating = score;
      keep({ type: 'rate', score, comment });
    },
    sendFile(file) {
      const state = file.size > MAX_FILE_BYTES ? 'big' : 'sending';
      const entry: Upload = { uuid: newUuid(), from: 'visitor', text: '', files: [file], file, state };
      uploads.push(entry);
      changed();
      if (state === 'sending') upload(entry);
    },
    type() {
      if (isOpen() && Date.now() - typedAt >= TYPING_EVERY_MS) {
        typedAt = Date.now();
        transmit({ type: 'typing' });
      }
    },
    see() {
      const last = unread().pop();
      if (isOpen() && last) {
        put(seenKey, last.at!);
        transmit({ type: 'seen', id: last.id });
      }
    },
  };
}
