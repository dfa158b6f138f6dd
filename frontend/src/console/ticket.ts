import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { ApiError, get, patch, post } from '@/api/client';
import type { Channel, Entry, Page, TicketDetail, TicketStatus } from '@/api/types';
import { t } from '@/i18n';
import { serverClock } from '@/live/clock';
import type { Refresh } from '@/live/apply';
import { newUuid } from '@/live/uuid';
import { useSession } from '@/session';
import { useLive } from './live';
import { Outbox } from './outbox';
import { confirm, localRow, merge, put, type Row, type Unsent } from './timeline';

const KEPT = 20;

/** The ticket in the middle: its facts, its timeline, and what is written into it. */
export const useTicket = defineStore('ticket', () => {
  const live = useLive();
  const session = useSession();
  const id = ref<number | null>(null);
  const details = shallowRef(new Map<number, TicketDetail>());
  const timelines = shallowRef(new Map<number, Row[]>());
  const error = shallowRef<unknown>(null);
  const loading = ref(false);

  const detail = computed(() => (id.value === null ? null : (details.value.get(id.value) ?? null)));
  const rows = computed(() => (id.value === null ? null : (timelines.value.get(id.value) ?? null)));
  const outbox = (): Outbox => new Outbox(session.me?.id ?? 0, localStorage);

  function keep<T>(map: Map<number, T>, key: number, value: T): Map<number, T> {
    const next = new Map(map);
    next.delete(key);
    next.set(key, value);
    for (const old of next.keys()) {
      if (next.size <= KEPT) break;
      if (old !== id.value) next.delete(old);
    }
    return next;
  }

  function setRows(ticketId: number, change: (rows: readonly Row[]) => Row[]): void {
    timelines.value = keep(timelines.value, ticketId, change(timelines.value.get(ticketId) ?? []));
  }

  let readings = 0;
  const shownReading = new Map<number, number>();

  async function readDetail(ticketId: number): Promise<void> {
    const asked = ++readings;
    const read = await get<TicketDetail>(`/api/v1/tickets/${ticketId}/`);
    // An answer that was overtaken by a later question's tells what was, not what is.
    if (asked < (shownReading.get(ticketId) ?? 0)) return;
    shownReading.set(ticketId, asked);
    details.value = keep(details.value, ticketId, read);
  }

  async function readTimeline(ticketId: number): Promise<void> {
    const read = await get<Page<Entry>>(`/api/v1/tickets/${ticketId}/timeline/`);
    const waiting = outbox();
    const known = new Set(read.results.map((entry) => entry.client_uuid));
    for (const unsent of waiting.list(ticketId)) if (known.has(unsent.uuid)) waiting.remove(ticketId, unsent.uuid);
    setRows(ticketId, (current) => {
      let next = merge(current, read.results);
      // Written here in an earlier life of this page and never confirmed.
      for (const unsent of waiting.list(ticketId)) {
        if (!next.some((row) => row.key === unsent.uuid)) next = put(next, localRow(unsent, 'failed', t('console.send.interrupted')));
      }
      return next;
    });
  }

  /** Afterwards the ticket is in the middle, from memory first and then as the server has it. */
  async function show(ticketId: number | null): Promise<void> {
    id.value = ticketId;
    live.selected = ticketId;
    live.look(ticketId);
    error.value = null;
    if (ticketId === null) return;
    loading.value = !details.value.has(ticketId) || !timelines.value.has(ticketId);
    try {
      await Promise.all([readDetail(ticketId), readTimeline(ticketId)]);
      if (live.open.some((card) => card.id === ticketId && card.unread > 0)) live.refresh('console');
    } catch (problem) {
      // A ticket that is in memory stays on screen while the server cannot be reached.
      if (id.value === ticketId && (loading.value || !(problem instanceof ApiError && problem.retryable))) error.value = problem;
    } finally {
      if (id.value === ticketId) loading.value = false;
    }
  }

  live.onRefresh(async (name: Refresh) => {
    const match = /^(ticket|timeline):(\d+)$/.exec(name);
    if (!match || Number(match[2]) !== id.value) return;
    const ticketId = Number(match[2]);
    if (match[1] === 'timeline') {
      await readTimeline(ticketId);
      // Reading the ticket is what marks it as read.
      if (!document.hidden) await readDetail(ticketId);
    } else await readDetail(ticketId);
  });

  async function deliver(ticketId: number, unsent: Unsent): Promise<boolean> {
    outbox().add(ticketId, unsent);
    setRows(ticketId, (current) => put(current, localRow(unsent, 'sending')));
    try {
      const path = `/api/v1/tickets/${ticketId}/${unsent.kind === 'note' ? 'notes' : 'replies'}/`;
      const entry = await post<Entry>(path, { client_uuid: unsent.uuid, text: unsent.text, ...(unsent.kind === 'note' ? {} : { channel: unsent.channel, ...unsent.mail, ...(unsent.files?.length ? { attachments: unsent.files.map((file) => file.id) } : {}), ...(unsent.translation_id ? { translation_id: unsent.translation_id } : {}) }) });
      outbox().remove(ticketId, unsent.uuid);
      setRows(ticketId, (current) => confirm(current, { ...entry, client_uuid: entry.client_uuid ?? unsent.uuid }));
      return true;
    } catch (problem) {
      const words = problem instanceof ApiError && !problem.offline ? problem.message : t('common.error.offline');
      setRows(ticketId, (current) => put(current, localRow(unsent, 'failed', words)));
      return false;
    }
  }

  /** Shows the text at once; true when the server has stored it. */
  async function write(kind: 'message' | 'note', channel: Channel | null, text: string, further: Pick<Unsent, 'mail' | 'files' | 'translation_id'> = {}): Promise<boolean> {
    const ticketId = id.value;
    if (ticketId === null || (text.trim() === '' && !further.files?.length)) return false;
    return deliver(ticketId, { uuid: newUuid(), kind, channel, text, at: new Date(serverClock.now()).toISOString(), author: session.me?.full_name ?? '', ...further });
  }

  /** The same identity again: the server stores it once, however often it is asked. */
  async function again(row: Row): Promise<boolean> {
    const ticketId = id.value;
    if (ticketId === null || row.local !== 'failed' || !row.client_uuid) return false;
    const kept = outbox().list(ticketId).find((item) => item.uuid === row.client_uuid);
    if (kept) return deliver(ticketId, kept);
    return deliver(ticketId, { uuid: row.client_uuid, kind: row.type === 'note' ? 'note' : 'message', channel: row.channel, text: row.text, at: row.at, author: row.author.name });
  }

  /** A message that the other side refused is queued again as it is. */
  async function resend(row: Row): Promise<void> {
    const ticketId = id.value;
    await post(`/api/v1/messages/${row.id}/resend/`);
    if (ticketId !== null) await readTimeline(ticketId);
  }

  /** Entries went elsewhere: the timeline is read anew instead of added to. */
  async function forget(ticketId: number): Promise<void> {
    timelines.value = new Map([...timelines.value].filter(([key]) => key !== ticketId));
    if (id.value === ticketId) await Promise.all([readDetail(ticketId), readTimeline(ticketId)]);
  }

  function discard(row: Row): void {
    if (id.value === null || row.local !== 'failed') return;
    outbox().remove(id.value, row.key);
    setRows(id.value, (current) => current.filter((item) => item.key !== row.key));
  }

  async function change(changes: { status?: TicketStatus; subject?: string; language?: string }): Promise<void> {
    if (id.value === null) return;
    const ticketId = id.value;
    const read = await patch<TicketDetail>(`/api/v1/tickets/${ticketId}/`, changes);
    details.value = keep(details.value, ticketId, { ...details.value.get(ticketId)!, ...read });
    live.refresh('console', 'lists');
  }

  async function act(path: 'finish' | 'hold' | 'resume' | 'transfer/complete' | 'transfer/cancel' | 'take-over' | 'wrap-up' | 'wrap-up/extend', body: Record<string, unknown> = {}): Promise<void> {
    if (id.value === null) return;
    const ticketId = id.value;
    await post(`/api/v1/tickets/${ticketId}/${path}/`, body);
    await Promise.all([live.readSnapshot(), readDetail(ticketId)]).catch(() => live.refresh('console', `ticket:${ticketId}`));
    live.refresh('lists', `timeline:${ticketId}`);
  }
  const finish = (): Promise<void> => act('finish');
  const wrapUp = (form: { disposition: string | null; comment: string; status: TicketStatus; orders?: number; order_amount?: string | null }): Promise<void> => act('wrap-up', form);
  const extendWrapUp = (): Promise<void> => act('wrap-up/extend');

  return { id, detail, rows, error, loading, show, write, again, resend, discard, forget, change, act, finish, wrapUp, extendWrapUp };
});
