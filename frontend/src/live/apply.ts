import type { ConsoleSnapshot, LiveEvent } from '@/api/types';

/** What has to be read again because of an event: the log says that something changed, the API says to what. */
export type Refresh = 'console' | 'lists' | `ticket:${number}` | `timeline:${number}`;

/** A caller on the operator's telephone: null when it rings no longer; undefined leaves what is known. */
export type Ringing = Extract<LiveEvent, { kind: 'call.ringing' }>['payload'];

interface Outcome {
  snapshot: ConsoleSnapshot;
  refresh: Refresh[];
  /** The contact of this ticket is writing just now. */
  typing: number | null;
  /** A message was added to this ticket, which is open with me; whose, only the timeline says. */
  arrived: number | null;
  /** The telephone has begun to ring (the call) or stopped (null). */
  ringing?: Ringing | null;
  /** How far a click to call came. */
  requested?: Extract<LiveEvent, { kind: 'call.request_changed' }>['payload'];
  /** How far an order for a call under way came. */
  ordered?: Extract<LiveEvent, { kind: 'call.order_changed' }>['payload'];
  /** What somebody else did that this person must be told of in words. */
  notice?: Notice;
  /** Who looks at a ticket now. */
  viewers?: Extract<LiveEvent, { kind: 'ticket.viewers' }>['payload'];
}

export type Notice = Extract<LiveEvent, { kind: 'ticket.whispered' | 'ticket.taken_over' | 'presence.forced' | 'transfer.changed' }>;

/** What the console shows at the moment, as far as it matters for an event. */
export interface View {
  operatorId: number | null;
  selected: number | null;
}

/**
 * The console after an event. Pure; safe for events that come twice or out of order, because it only takes over whole
 * objects that the server sent and asks for everything else anew.
 */
export function apply(snapshot: ConsoleSnapshot, event: LiveEvent, view: View): Outcome {
  const result: Outcome = { snapshot, refresh: [], typing: null, arrived: null };
  const isOpen = (id: number | null): boolean => snapshot.open.some((card) => card.id === id) || snapshot.wrapping.some((wrap) => wrap.ticket_id === id);
  const whole = (id: number | null): Refresh[] => (id !== null && id === view.selected ? [`ticket:${id}`, `timeline:${id}`] : []);

  switch (event.kind) {
    case 'offer.made':
      result.snapshot = { ...snapshot, offer: event.payload.offer };
      result.refresh.push('console');
      break;
    case 'offer.resolved':
      if (snapshot.offer?.id === event.payload.offer_id) result.snapshot = { ...snapshot, offer: null };
      result.refresh.push('console', 'lists', ...whole(event.payload.ticket_id));
      break;
    case 'presence.changed':
      if (event.payload.operator_id === view.operatorId) result.refresh.push('console');
      break;
    case 'presence.forced':
      result.notice = event;
      result.refresh.push('console');
      break;
    case 'transfer.changed':
      if (event.payload.transfer.state === 'refused' && event.payload.transfer.from.id === view.operatorId) result.notice = event;
      result.refresh.push('console', 'lists', ...whole(event.payload.transfer.ticket_id));
      break;
    case 'ticket.whispered':
      result.notice = event;
      result.refresh.push(...whole(event.payload.ticket_id));
      break;
    case 'ticket.taken_over':
      result.notice = event;
      result.refresh.push('console', 'lists', ...whole(event.payload.ticket_id));
      break;
    case 'ticket.viewers':
      result.viewers = event.payload;
      break;
    case 'queue.pulse':
      result.snapshot = { ...snapshot, pulse: event.payload };
      result.refresh.push('lists');
      break;
    case 'ticket.changed':
      if (isOpen(event.payload.ticket_id)) result.refresh.push('console');
      result.refresh.push('lists');
      if (event.payload.ticket_id === view.selected) result.refresh.push(`ticket:${event.payload.ticket_id}`);
      break;
    case 'entry.added':
    case 'entry.changed': {
      const ticket = event.payload.ticket_id;
      if (ticket === view.selected) result.refresh.push(`timeline:${ticket}`);
      if (event.kind === 'entry.added' && isOpen(ticket)) {
        result.refresh.push('console');
        if (event.payload.entry.type === 'message') result.arrived = ticket;
      }
      break;
    }
    case 'wrap.started':
    case 'wrap.finished':
      result.refresh.push('console', 'lists', ...whole(event.payload.ticket_id));
      break;
    case 'chat.typing':
      if (event.payload.from === 'contact') result.typing = event.payload.ticket_id;
      break;
    case 'chat.closed':
      if (isOpen(event.payload.ticket_id)) result.refresh.push('console');
      result.refresh.push(...whole(event.payload.ticket_id));
      break;
    case 'call.ringing':
      result.ringing = event.payload;
      result.refresh.push('lists');
      break;
    case 'call.ring_ended':
      result.ringing = null;
      result.refresh.push('console', ...whole(event.payload.ticket_id));
      break;
    case 'call.request_changed':
      result.requested = event.payload;
      break;
    case 'call.order_changed':
      result.ordered = event.payload;
      break;
    case 'contact.merged':
    case 'contact.unmerged':
      // tickets of either contact may be shown anywhere
      result.refresh.push('console', 'lists', ...whole(view.selected));
      break;
  }
  return result;
}

/** At least so long between two readings of the same: the lists of everybody change with every event of the house. */
const GAP_MS: Record<string, number> = { lists: 1500 };
const SOON_MS = 120;

/** Runs each piece of work at most once at a time and once a window, however often it is asked for. */
export class Refresher {
  private readonly startedAt = new Map<string, number>();
  private readonly waiting = new Map<string, unknown>();
  private readonly running = new Set<string>();
  private readonly again = new Set<string>();

  constructor(
    private readonly run: (name: Refresh) => Promise<void>,
    private readonly setTimer: (work: () => void, ms: number) => unknown = (work, ms) => setTimeout(work, ms),
    private readonly now: () => number = () => performance.now(),
  ) {}

  ask(name: Refresh): void {
    if (this.waiting.has(name)) return;
    if (this.running.has(name)) {
      this.again.add(name);
      return;
    }
    this.waiting.set(
      name,
      this.setTimer(() => void this.start(name), Math.max(SOON_MS, (this.startedAt.get(name) ?? -Infinity) + (GAP_MS[name] ?? SOON_MS) - this.now())),
    );
  }

  private async start(name: Refresh): Promise<void> {
    this.waiting.delete(name);
    this.running.add(name);
    this.startedAt.set(name, this.now());
    try {
      await this.run(name);
    } finally {
      this.running.delete(name);
      // Something changed while it was being read: what came back may be older than that.
      if (this.again.delete(name)) this.ask(name);
    }
  }
}
