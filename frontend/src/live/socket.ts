import type { Cursor, LiveEvent } from '@/api/types';
import { compareCursors } from './cursor';

export type Connection = 'connecting' | 'catching_up' | 'online' | 'offline';

export interface SocketLike {
  readyState: number;
  send(data: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: (() => void) | null;
}

export interface Batch {
  results: LiveEvent[];
  next: Cursor | null;
  /** The log no longer reaches back to where we are. */
  reload?: boolean;
}

/** Everything the feed needs from outside, so that it can be driven without a network or a clock. */
export interface FeedPorts {
  open(): SocketLike;
  catchUp(after: Cursor): Promise<Batch>;
  random(): number;
  setTimer(work: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
  now(): number;
}

interface FeedHandlers {
  onEvents(events: LiveEvent[]): void;
  /** The snapshot has to be read anew; the feed goes on from the cursor that comes back. */
  onReload(): Promise<Cursor>;
  onState(state: Connection, attempt: number): void;
  onPong?(serverTime: string, roundTripMs: number): void;
}

const FIRST_WAIT_MS = 500;
export const LONGEST_WAIT_MS = 20_000;
export const PING_MS = 20_000;
export const SILENCE_MS = 10_000;
export const HEAL_MS = 30_000;
/** The server's close codes: not signed in, and too slow a reader (which catches up by the log). */
const SIGNED_OUT = 4401;

/**
 * How long to wait before attempt n (0, 1, 2 ...): doubled each time, and any point between half of it and all of it,
 * so that two hundred consoles do not come back in the same instant.
 */
export function backOff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return Math.round(full / 2 + (full / 2) * random);
}

/**
 * The live feed. After each (re)connection it holds what the socket brings, reads the log from the last cursor known to
 * be complete until it is empty, then releases what was held. Each event is handed on once.
 *
 * A pushed event may overtake one of a slower transaction, so the socket never moves the cursor: only the log does,
 * which serves nothing above the oldest running transaction. The log is also read every half minute while online, so
 * that a lost push costs latency and nothing else.
 */
export class LiveFeed {
  private socket: SocketLike | null = null;
  private state: Connection = 'offline';
  private attempt = 0;
  private held: LiveEvent[] | null = null;
  private seen = new Set<Cursor>();
  private retryTimer: unknown = null;
  private pingTimer: unknown = null;
  private silenceTimer: unknown = null;
  private healTimer: unknown = null;
  private pingSentAt = 0;
  private stopped = true;
  private reading = false;

  constructor(
    private cursor: Cursor,
    private readonly ports: FeedPorts,
    private readonly handlers: FeedHandlers,
  ) {}

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
    this.change('offline');
  }

  /** The network came back or the person looks at the page: do not sit out the wait. */
  wake(): void {
    if (this.stopped) return;
    if (!this.socket) {
      this.attempt = 0;
      this.connect();
    } else if (this.state === 'online') {
      this.ping();
    }
  }

  /** False when there is no connection; the caller decides whether that matters. */
  send(frame: Record<string, unknown>): boolean {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private change(state: Connection): void {
    this.state = state;
    this.handlers.onState(state, this.attempt);
  }

  private connect(): void {
    this.clear('retryTimer');
    this.change(this.attempt === 0 ? 'connecting' : 'offline');
    this.held = [];
    let socket: SocketLike;
    try {
      socket = this.ports.open();
    } catch {
      this.retry();
      return;
    }
    this.socket = socket;
    socket.onopen = () => void this.opened(socket);
    socket.onmessage = (message) => this.received(socket, message.data);
    socket.onclose = (event) => this.closed(socket, event.code);
    socket.onerror = () => undefined;
  }

  private async opened(socket: SocketLike): Promise<void> {
    if (this.socket !== socket) return;
    this.change('catching_up');
    try {
      await this.read(socket);
    } catch {
      // The log cannot be read: what the socket says would have holes. Begin again.
      if (this.socket === socket) {
        this.drop();
        this.retry();
      }
      return;
    }
    if (this.socket !== socket) return;
    const held = this.held ?? [];
    this.held = null;
    this.attempt = 0;
    this.change('online');
    this.hand(held);
    this.ping();
    this.scheduleHeal(socket);
  }

  private async read(socket: SocketLike): Promise<void> {
    this.reading = true;
    try {
      for (;;) {
        const batch = await this.ports.catchUp(this.cursor);
        if (this.socket !== socket) return;
        if (batch.reload) {
          this.cursor = await this.handlers.onReload();
          this.seen.clear();
          continue;
        }
        this.hand(batch.results);
        const next = batch.next ?? batch.results.at(-1)?.cursor;
        if (next && compareCursors(next, this.cursor) > 0) {
          this.cursor = next;
          for (const cursor of this.seen) if (compareCursors(cursor, next) <= 0) this.seen.delete(cursor);
        }
        if (batch.results.length === 0) return;
      }
    } finally {
      this.reading = false;
    }
  }

  private scheduleHeal(socket: SocketLike): void {
    this.clear('healTimer');
    this.healTimer = this.ports.setTimer(
      () => {
        if (this.socket !== socket) return;
        const done = this.reading ? Promise.resolve() : this.read(socket);
        // A failed reading is not worth a word: the next one, or the silent socket, will tell.
        void done.catch(() => undefined).then(() => this.socket === socket && this.scheduleHeal(socket));
      },
      HEAL_MS * (0.75 + this.ports.random() / 2),
    );
  }

  private received(socket: SocketLike, data: unknown): void {
    if (this.socket !== socket) return;
    this.clear('silenceTimer');
    let frame: { type?: string; cursor?: Cursor; event?: LiveEvent; server_time?: string };
    try {
      frame = JSON.parse(String(data)) as typeof frame;
    } catch {
      return;
    }
    if (frame.type === 'pong' && frame.server_time) {
      this.handlers.onPong?.(frame.server_time, this.ports.now() - this.pingSentAt);
    } else if (frame.type === 'event' && frame.event) {
      const event = { ...frame.event, cursor: frame.event.cursor ?? frame.cursor ?? '' };
      if (this.held) this.held.push(event);
      else this.hand([event]);
    }
  }

  private hand(events: LiveEvent[]): void {
    const fresh = events.filter((event) => !this.seen.has(event.cursor) && (!event.cursor || compareCursors(event.cursor, this.cursor) > 0));
    for (const event of fresh) if (event.cursor) this.seen.add(event.cursor);
    if (fresh.length > 0) this.handlers.onEvents(fresh);
  }

  private ping(): void {
    this.clear('pingTimer');
    if (!this.send({ type: 'ping' })) return;
    this.pingSentAt = this.ports.now();
    this.clear('silenceTimer');
    // A connection that died without a word looks open for minutes.
    this.silenceTimer = this.ports.setTimer(() => {
      this.drop();
      this.retry();
    }, SILENCE_MS);
    this.pingTimer = this.ports.setTimer(() => this.ping(), PING_MS);
  }

  private closed(socket: SocketLike, code: number): void {
    if (this.socket !== socket) return;
    this.drop();
    if (code === SIGNED_OUT) {
      this.stopped = true;
      this.change('offline');
      return;
    }
    this.retry();
  }

  private retry(): void {
    if (this.stopped) return;
    const wait = backOff(this.attempt, this.ports.random());
    this.attempt += 1;
    this.change('offline');
    this.clear('retryTimer');
    this.retryTimer = this.ports.setTimer(() => this.connect(), wait);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.held = [];
    for (const name of ['retryTimer', 'pingTimer', 'silenceTimer', 'healTimer'] as const) this.clear(name);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
    }
  }

  private clear(name: 'retryTimer' | 'pingTimer' | 'silenceTimer' | 'healTimer'): void {
    if (this[name] !== null) this.ports.clearTimer(this[name]);
    this[name] = null;
  }
}
