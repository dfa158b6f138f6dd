import type { ConsoleSnapshot, LiveEvent, Offer, Pulse, TicketCard } from '@/api/types';

/** What has to be read again because of an event: the log says that something changed, the API says to what. */
export type Refresh = 'console' | 'lists' | `ticket:${number}` | `timeline:${number}`;

export interface Outcome {
  snapshot: ConsoleSnapshot;
  refresh: Refresh[];
  /** The contact of this ticket is writing just now. */
  typing: number | null;
  /** A contact's new message came for a ticket that is open with me. */
  arrived: number | null;
}

/** What the console shows at the moment, as far as it matters for an event. */
export interface View {
  operatorId: number | null;
  selected: number | null;
}

function numberIn(payload: Record<string, unknown>, name: string): number | null {
  const value = payload[name];
  return typeof value === 'number' ? value : null;
}

function objectIn(payload: Record<string, unknown>, name: string): Record<string, unknown> | null {
  const value = payload[name];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

function isCard(value: Record<string, unknown> | null): value is Record<string, unknown> & TicketCard {
  return value !== null && typeof value.id === 'number' && typeof value.number === 'string';
}

/**
 * The console after an event. Pure; safe for events that come twice or out of order, because it only takes over whole
 * objects that the server sent and asks for everything else anew.
 */
export function apply(snapshot: ConsoleSnapshot, event: LiveEvent, view: View): Outcome {
  const { kind, payload } = event;
  const ticket = numberIn(payload, 'ticket_id') ?? numberIn(objectIn(payload, 'ticket') ?? {}, 'id');
  const result: Outcome = { snapshot, refresh: [], typing: null, arrived: null };
  const isOpen = ticket !== null && snapshot.open.some((card) => card.id === ticket);
  const isShown = ticket !== null && ticket === view.selected;

  switch (kind) {
    case 'offer.made': {
      const offer = objectIn(payload, 'offer');
      if (offer && typeof offer.expires_at === 'string' && isCard(objectIn(offer, 'ticket'))) result.snapshot = { ...snapshot, offer: offer as unknown as Offer };
      else result.refresh.push('console');
      break;
    }
    case 'offer.resolved': {
      const id = numberIn(payload, 'offer_id') ?? numberIn(objectIn(payload, 'offer') ?? {}, 'id');
      if (snapshot.offer && (id === null || id === snapshot.offer.id)) result.snapshot = { ...snapshot, offer: null };
      result.refresh.push('console', 'lists');
      if (isShown) result.refresh.push(`ticket:${ticket}`, `timeline:${ticket}`);
      break;
    }
    case 'presence.changed': {
      const operator = numberIn(payload, 'operator_id');
      if (operator === null || operator === view.operatorId) result.refresh.push('console');
      break;
    }
    case 'queue.pulse':
      if (typeof payload.waiting === 'number') result.snapshot = { ...snapshot, pulse: { ...snapshot.pulse, ...(payload as Partial<Pulse>) } };
      else result.refresh.push('console');
      result.refresh.push('lists');
      break;
    case 'ticket.changed': {
      const card = objectIn(payload, 'ticket');
      if (isCard(card)) result.snapshot = { ...snapshot, open: snapshot.open.map((item) => (item.id === card.id ? card : item)) };
      else if (isOpen) result.refresh.push('console');
      result.refresh.push('lists');
      if (isShown) result.refresh.push(`ticket:${ticket}`);
      break;
    }
    case 'entry.added':
    case 'entry.changed':
      if (ticket === null) break;
      if (isShown) result.refresh.push(`timeline:${ticket}`);
      if (isOpen && kind === 'entry.added') {
        result.refresh.push('console');
        result.arrived = ticket;
      }
      break;
    case 'wrap.started':
    case 'wrap.finished':
      result.refresh.push('console', 'lists');
      if (isShown) result.refresh.push(`ticket:${ticket}`, `timeline:${ticket}`);
      break;
    case 'chat.typing':
      if (payload.from === undefined || payload.from === 'contact') result.typing = ticket;
      break;
    case 'chat.closed':
      if (isOpen) result.refresh.push('console');
      if (isShown) result.refresh.push(`ticket:${ticket}`, `timeline:${ticket}`);
      break;
  }
  return result;
}

/** Runs each piece of work at most once at a time and once a window, however often it is asked for. */
export class Refresher {
  private readonly waiting = new Map<string, unknown>();
  private readonly running = new Set<string>();
  private readonly again = new Set<string>();

  constructor(
    private readonly run: (name: Refresh) => Promise<void>,
    private readonly setTimer: (work: () => void, ms: number) => unknown = (work, ms) => setTimeout(work, ms),
    private readonly windowMs = 120,
  ) {}

  ask(name: Refresh): void {
    if (this.waiting.has(name)) return;
    if (this.running.has(name)) {
      this.again.add(name);
      return;
    }
    this.waiting.set(
      name,
      this.setTimer(() => void this.start(name), this.windowMs),
    );
  }

  private async start(name: Refresh): Promise<void> {
    this.waiting.delete(name);
    this.running.add(name);
    try {
      await this.run(name);
    } finally {
      this.running.delete(name);
      // Something changed while it was being read: what came back may be older than that.
      if (this.again.delete(name)) this.ask(name);
    }
  }
}
