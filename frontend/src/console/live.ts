import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { ApiError, get, post } from '@/api/client';
import type { ConsoleSnapshot, Offer, PresenceState, TicketCard, Transfer, Viewer } from '@/api/types';
import { apply, Refresher, type Notice, type Refresh, type Ringing } from '@/live/apply';
import { now, serverClock } from '@/live/clock';
import { LiveFeed, type Connection } from '@/live/socket';
import { useSession } from '@/session';
import { feedPorts } from './ports';

const TYPING_MS = 6000;
const GRACE_MS = 3000;
/** A ring whose end was never told does not stay on the screen. */
const RING_MS = 120_000;

/** The console's live heart: the snapshot, the feed that keeps it true, presence and the offer. */
export const useLive = defineStore('live', () => {
  const session = useSession();
  const snapshot = shallowRef<ConsoleSnapshot | null>(null);
  const error = shallowRef<unknown>(null);
  const connection = ref<Connection>('connecting');
  const attempt = ref(0);
  const selected = ref<number | null>(null);
  const typing = ref(new Map<number, number>());
  const arrived = ref<{ ticketId: number; serial: number } | null>(null);
  const rung = shallowRef<Ringing | null>(null);
  /** How far the last click to call came, by its id. */
  const requested = shallowRef<ReturnType<typeof apply>['requested'] | null>(null);
  const ordered = shallowRef<ReturnType<typeof apply>['ordered'] | null>(null);
  const notice = shallowRef<Notice | null>(null);
  const viewers = shallowRef(new Map<number, Viewer[]>());
  const busyWithOffer = ref<'accept' | 'decline' | null>(null);
  let feed: LiveFeed | null = null;
  let listeners: ((name: Refresh) => Promise<void>)[] = [];
  let arrivals = 0;

  /** An offer that ran out is gone, also while the server cannot be reached to say so. */
  const offer = computed<Offer | null>(() => {
    const made = snapshot.value?.offer ?? null;
    return made && Date.parse(made.expires_at) + GRACE_MS > now.value ? made : null;
  });
  const ringing = computed<Ringing | null>(() => (rung.value && Date.parse(rung.value.since) + RING_MS > now.value ? rung.value : null));
  /** What is with me: conversations first, then what waits for its outcome. */
  const open = computed<TicketCard[]>(() => [...(snapshot.value?.open ?? []), ...(snapshot.value?.wrapping.map((wrap) => wrap.ticket) ?? [])]);

  /** What the person has in hand: calls of the telephone system, which has them in its own hands, before the rest. */
  const withMe = computed<TicketCard[]>(() => [...(snapshot.value ? snapshot.value.calls : []), ...open.value]);

  async function readSnapshot(): Promise<ConsoleSnapshot> {
    const asked = performance.now();
    const read = await get<ConsoleSnapshot>('/api/v1/console/');
    serverClock.correct(read.server_time, performance.now() - asked);
    snapshot.value = read;
    error.value = null;
    return read;
  }

  const refresher = new Refresher(async (name) => {
    try {
      if (name === 'console') await readSnapshot();
      else await Promise.all(listeners.map((listener) => listener(name)));
    } catch (problem) {
      // What is on screen stays; the next event or the next reading of the log asks again.
      if (!(problem instanceof ApiError)) throw problem;
    }
  });

  /** Afterwards the console is on screen and live; fails into `error` when the first reading fails. */
  async function start(): Promise<void> {
    if (feed) return;
    error.value = null;
    let read: ConsoleSnapshot;
    try {
      read = await readSnapshot();
    } catch (problem) {
      error.value = problem;
      return;
    }
    feed = new LiveFeed(read.cursor, feedPorts, {
      onEvents(events) {
        for (const event of events) take(apply(snapshot.value!, event, { operatorId: session.me?.operator_id ?? null, selected: selected.value }));
      },
      async onReload() {
        const fresh = await readSnapshot();
        refreshAll();
        return fresh.cursor;
      },
      onState(state, tries) {
        const returned = state === 'online' && connection.value !== 'online' && attempt.value > 0;
        connection.value = state;
        attempt.value = tries;
        if (returned) refreshAll();
        if (state === 'online') {
          // What was told before the socket stood, while a slower transaction kept it out of the log, came by neither.
          refresher.ask('console');
          // The others forget who looks when the connection goes.
          look(selected.value);
        }
      },
      onPong: (serverTime, roundTripMs) => serverClock.correct(serverTime, roundTripMs),
    });
    feed.start();
    window.addEventListener('online', wake);
    window.addEventListener('focus', wake);
    document.addEventListener('visibilitychange', wake);
  }

  function stop(): void {
    feed?.stop();
    feed = null;
    snapshot.value = null;
    connection.value = 'connecting';
    attempt.value = 0;
    window.removeEventListener('online', wake);
    window.removeEventListener('focus', wake);
    document.removeEventListener('visibilitychange', wake);
  }

  function wake(): void {
    if (!document.hidden) feed?.wake();
  }

  function take(outcome: ReturnType<typeof apply>): void {
    snapshot.value = outcome.snapshot;
    for (const name of outcome.refresh) refresher.ask(name);
    if (outcome.typing !== null) showTyping(outcome.typing);
    if (outcome.ringing !== undefined) rung.value = outcome.ringing;
    if (outcome.requested) requested.value = outcome.requested;
    if (outcome.ordered) ordered.value = outcome.ordered;
    if (outcome.notice) notice.value = outcome.notice;
    if (outcome.viewers) viewers.value = new Map(viewers.value).set(outcome.viewers.ticket_id, outcome.viewers.viewers);
    if (outcome.arrived !== null) {
      typing.value.delete(outcome.arrived);
      arrived.value = { ticketId: outcome.arrived, serial: ++arrivals };
    }
  }

  function showTyping(ticketId: number): void {
    const until = Date.now() + TYPING_MS;
    typing.value.set(ticketId, until);
    setTimeout(() => {
      if (typing.value.get(ticketId) === until) typing.value.delete(ticketId);
    }, TYPING_MS);
  }

  function refreshAll(): void {
    refresher.ask('lists');
    if (selected.value !== null) {
      refresher.ask(`ticket:${selected.value}`);
      refresher.ask(`timeline:${selected.value}`);
    }
  }

  function refresh(...names: Refresh[]): void {
    for (const name of names) refresher.ask(name);
  }

  /** Stores that hold lists and tickets register here; the function returned unregisters. */
  function onRefresh(listener: (name: Refresh) => Promise<void>): () => void {
    listeners = [...listeners, listener];
    return () => (listeners = listeners.filter((item) => item !== listener));
  }

  /** The server decides; throws ApiError. A break waits for the work at hand, unless `afterWork` is false. */
  async function setPresence(state: Exclude<PresenceState, 'lost'>, reason = '', afterWork: boolean | null = null): Promise<void> {
    snapshot.value = await post<ConsoleSnapshot>('/api/v1/presence/', { state, reason, after_work: afterWork });
  }

  /** What is on its way from this ticket, or where the person helps with it. */
  function transferOf(ticketId: number): Transfer | null {
    return snapshot.value?.transfers.find((one) => one.ticket_id === ticketId) ?? null;
  }

  /** Tells the others which ticket is on this screen; it is forgotten with the connection. */
  function look(ticketId: number | null): void {
    feed?.send({ type: 'view', ticket_id: ticketId });
  }

  /** Takes the offered ticket; returns its id. An offer that is gone disappears from the screen and is thrown on. */
  async function accept(): Promise<number | null> {
    return decide('accept');
  }

  async function decline(): Promise<number | null> {
    return decide('decline');
  }

  async function decide(how: 'accept' | 'decline'): Promise<number | null> {
    const current = offer.value;
    if (!current || busyWithOffer.value) return null;
    busyWithOffer.value = how;
    try {
      await post(`/api/v1/offers/${current.id}/${how}/`);
      return current.ticket.id;
    } finally {
      busyWithOffer.value = null;
      await readSnapshot().catch(() => refresher.ask('console'));
      refresher.ask('lists');
    }
  }

  /** Tells the server which ticket has the operator's attention, the last activity `idleMs` ago; focus time is counted from it. */
  function focus(ticketId: number, active: boolean, idleMs = 0): void {
    const said = { active, idle_ms: idleMs };
    if (!feed?.send({ type: 'focus', ticket_id: ticketId, ...said })) void post(`/api/v1/tickets/${ticketId}/focus/`, said).catch(() => undefined);
  }

  function tellTyping(ticketId: number): void {
    feed?.send({ type: 'typing', ticket_id: ticketId });
  }

  return { snapshot, error, connection, attempt, selected, typing, arrived, offer, ringing, requested, ordered, open, withMe, busyWithOffer, notice, viewers, transferOf, look, start, stop, wake, refresh, onRefresh, readSnapshot, setPresence, accept, decline, focus, tellTyping };
});
