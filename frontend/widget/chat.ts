/**
 * The visitor's side of the chat protocol, without a DOM.
 *
 * A message is written to the outbox (local storage) before it is sent and leaves it only when the
 * server acknowledged it or shows it in the history; its UUID is the idempotency key, so sending it
 * twice is harmless. One message is in flight at a time: the order of writing is the order of arrival.
 */
export interface Entry {
  id?: string;
  uuid?: string;
  from: 'visitor' | 'operator' | 'system';
  text: string;
  at?: string;
  name?: string;
  state?: 'sending' | 'sent' | 'seen' | 'failed';
}

export type Connection = 'idle' | 'connecting' | 'online' | 'away' | 'closed' | 'offline' | 'refused';

interface Stored {
  session?: string;
  token?: string;
  /** The newest operator entry the visitor has had before their eyes. */
  seen?: string;
  outbox: Entry[];
}

export interface Options {
  url: string;
  /** Where the session, its token and the outbox are kept in local storage. */
  key: string;
  language: string;
  name?: string;
  changed: () => void;
}

export interface Chat {
  /** How the chat stands; online (staffed), away and closed mean that the socket is open. */
  state(): Connection;
  /** Who is writing just now, or "". */
  typing(): string;
  /** The server's order first, then what is still on its way, then what was refused for good. */
  entries(): Entry[];
  /** Operator entries the visitor has not seen, newest first. */
  unread(): Entry[];
  /** True when an earlier visit left a chat or unsent messages behind. */
  returning(): boolean;
  connect(): void;
  /** Try now rather than when the back-off ends: the browser is online, the page is seen again. */
  hurry(): void;
  send(text: string): void;
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

/** Exponential back-off with jitter in its upper half, so that a restarted server is not stormed. */
export const backOff = (attempt: number, random: number): number =>
  Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + random / 2);

/** A random version 4 UUID; `crypto.randomUUID` is missing on pages without HTTPS. */
export const newUuid = (): string =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (+digit ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+digit / 4)))).toString(16),
  );

export function startChat({ url, key, language, name, changed }: Options): Chat {
  let state: Connection = 'idle';
  let typing = '';
  let history: Entry[] = [];
  const failed: Entry[] = [];
  let memory: Stored | undefined;
  let socket: WebSocket | undefined;
  let attempt = 0;
  let inFlight: string | undefined;
  let heardAt = 0;
  let pingedAt = 0;
  let typedAt = 0;
  let retryTimer: ReturnType<typeof setTimeout>;
  let answerTimer: ReturnType<typeof setTimeout>;
  let typingTimer: ReturnType<typeof setTimeout>;

  /** Read afresh every time: another tab of the same shop shares the outbox. */
  function load(): Stored {
    if (memory) return memory;
    try {
      const kept = JSON.parse(localStorage.getItem(key)!);
      if (Array.isArray(kept.outbox)) return kept;
    } catch {
      /* nothing there, blocked, or written by someone else */
    }
    return { outbox: [] };
  }

  function save(changes: Partial<Stored>): void {
    const kept = { ...load(), ...changes };
    try {
      localStorage.setItem(key, JSON.stringify(kept));
    } catch {
      memory = kept; // blocked or full: this visit alone remembers
    }
  }

  const isOpen = () => state === 'online' || state === 'away' || state === 'closed';

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
    const opened = (socket = new WebSocket(url));
    const { session, token } = load();
    opened.onopen = () => transmit({ type: 'hello', session, token, language, name });
    opened.onmessage = ({ data }) => opened === socket && receive(data);
    opened.onclose = ({ code }) => opened === socket && lost(code);
    expectAnswer();
    changed();
  }

  function flush(): void {
    const [next] = load().outbox;
    if (!next || inFlight || !isOpen()) return;
    inFlight = next.uuid;
    transmit({ type: 'message', uuid: next.uuid, text: next.text });
    expectAnswer();
  }

  /** Takes a message out of the outbox, so that the next one may leave. */
  function take(uuid: string): Entry | undefined {
    const { outbox } = load();
    if (uuid === inFlight) {
      inFlight = undefined;
      clearTimeout(answerTimer);
    }
    save({ outbox: outbox.filter((pending) => pending.uuid !== uuid) });
    flush();
    return outbox.find((pending) => pending.uuid === uuid);
  }

  /** An answer proves that what was written before it has been read. */
  function markSeen(): void {
    for (const entry of history) if (entry.from === 'visitor') entry.state = 'seen';
  }

  function arrive(entry: Entry): void {
    const same = history.find((old) => (entry.uuid ? old.uuid === entry.uuid : old.id === entry.id));
    if (same) Object.assign(same, entry);
    else history.push(entry);
    if (entry.from === 'operator') {
      typing = '';
      markSeen();
    }
  }

  function receive(data: string): void {
    heardAt = Date.now();
    const frame = JSON.parse(data);
    const { type, uuid } = frame;
    if (type === 'welcome') {
      clearTimeout(answerTimer);
      attempt = 0;
      state = frame.state;
      history = frame.history;
      const { session, token } = frame;
      save({ session, token, outbox: load().outbox.filter((kept) => !history.some((entry) => entry.uuid === kept.uuid)) });
      flush();
    } else if (type === 'ack') {
      const sent = take(uuid);
      if (sent) arrive({ ...sent, at: frame.at, state: 'sent' });
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
    } else if (type === 'seen') markSeen();
    else if (type === 'state') state = frame.state;
    else if (frame.code === 'wrong_token') {
      history = [];
      save({ session: undefined, token: undefined });
    } else if (frame.retry_ms) {
      clearTimeout(answerTimer);
      answerTimer = setTimeout(() => {
        inFlight = undefined;
        flush();
      }, frame.retry_ms);
    } else if (uuid) {
      const refused = take(uuid);
      if (refused) failed.push({ ...refused, state: 'failed' });
    }
    changed();
  }

  setInterval(() => {
    if (!isOpen()) return;
    if (pingedAt > heardAt) drop();
    else {
      pingedAt = Date.now();
      transmit({ type: 'ping' });
    }
  }, PING_MS);

  function unread(): Entry[] {
    const fromOperator = history.filter((entry) => entry.from === 'operator').reverse();
    const seen = fromOperator.findIndex((entry) => entry.id === load().seen);
    return seen < 0 ? fromOperator : fromOperator.slice(0, seen);
  }

  return {
    state: () => state,
    typing: () => typing,
    entries: () => [...history, ...load().outbox, ...failed],
    unread,
    returning: () => !!load().session || !!load().outbox[0],
    connect,
    hurry() {
      if (state === 'offline') {
        attempt = 0;
        connect();
      }
    },
    send(text) {
      save({ outbox: [...load().outbox, { uuid: newUuid(), text, from: 'visitor', state: 'sending' }] });
      changed();
      connect();
      flush();
    },
    type() {
      if (isOpen() && Date.now() - typedAt >= TYPING_EVERY_MS) {
        typedAt = Date.now();
        transmit({ type: 'typing' });
      }
    },
    see() {
      const [last] = unread();
      if (isOpen() && last) {
        save({ seen: last.id });
        transmit({ type: 'seen', id: last.id });
      }
    },
  };
}
