import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue';
import { ApiError } from '@/api/client';
import { feedPorts } from '@/console/ports';
import { LiveFeed, type Connection, type FeedPorts } from '@/live/socket';

/** While events come the board is read anew at most so often; clocks and sums move without events, too. */
export const STEP_MS = 1_500;
export const QUIET_MS = 15_000;
/** Without a socket the board is asked for by itself. */
export const POLL_MS = 5_000;

const watchPorts: FeedPorts = {
  ...feedPorts,
  // `watch`: looking at the board is no sign of being at work
  open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/console/?watch=1`) as unknown as ReturnType<FeedPorts['open']>,
};

/**
 * Keeps the board true: every live event asks for it again (many at once ask once), and so does time. With the socket
 * gone it is polled. A hidden page asks nothing.
 */
export class BoardFeed {
  private feed: LiveFeed | null = null;
  private timer: unknown = null;
  private dueAt = Infinity;
  private askedAt = -Infinity;
  private asking = false;
  private stopped = true;
  connection: Connection = 'connecting';

  constructor(
    private readonly ask: () => Promise<string | undefined>,
    private readonly ports: FeedPorts,
    private readonly told: (connection: Connection) => void,
    private readonly isHidden: () => boolean = () => document.hidden,
  ) {}

  start(): void {
    this.stopped = false;
    void this.read();
  }

  stop(): void {
    this.stopped = true;
    this.feed?.stop();
    this.feed = null;
    this.ports.clearTimer(this.timer);
    this.timer = null;
  }

  /** The network came back or somebody looks again. */
  wake(): void {
    if (this.stopped || this.isHidden()) return;
    this.feed?.wake();
    this.want(0);
  }

  /** Asks again in so many milliseconds, or sooner if that was planned already; never twice within a step. */
  private want(ms: number): void {
    if (this.stopped) return;
    const now = this.ports.now();
    const due = Math.max(now + ms, this.askedAt + STEP_MS);
    if (this.timer !== null && due >= this.dueAt) return;
    this.ports.clearTimer(this.timer);
    this.dueAt = due;
    this.timer = this.ports.setTimer(() => {
      this.timer = null;
      void this.read();
    }, due - now);
  }

  private async read(): Promise<void> {
    if (this.asking) return;
    if (this.isHidden()) return this.want(POLL_MS);
    this.asking = true;
    this.askedAt = this.ports.now();
    try {
      const cursor = await this.ask();
      if (!this.stopped && !this.feed && cursor) this.connect(cursor);
    } catch (problem) {
      // what is on screen stays, and says that it is stale
      if (!(problem instanceof ApiError)) throw problem;
    } finally {
      this.asking = false;
      this.want(this.connection === 'online' ? QUIET_MS : POLL_MS);
    }
  }

  private connect(cursor: string): void {
    this.feed = new LiveFeed(cursor, this.ports, {
      onEvents: () => this.want(0),
      onReload: async () => (await this.ask()) ?? cursor,
      onState: (state) => {
        this.connection = state;
        this.told(state);
        if (state === 'offline') this.want(POLL_MS);
      },
    });
    this.feed.start();
  }
}

/** The feed of a page: runs while the page is there. */
export function useBoardFeed(ask: () => Promise<string | undefined>): Ref<Connection> {
  const connection = ref<Connection>('connecting');
  const feed = new BoardFeed(ask, watchPorts, (state) => (connection.value = state));
  const wake = (): void => feed.wake();
  onMounted(() => {
    feed.start();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
  });
  onBeforeUnmount(() => {
    feed.stop();
    window.removeEventListener('online', wake);
    document.removeEventListener('visibilitychange', wake);
  });
  return connection;
}
