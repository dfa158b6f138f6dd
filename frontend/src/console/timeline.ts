import type { Channel, Entry, TicketStatus } from '@/api/types';
import { formatDateTime, formatDay, formatLanguage } from '@/format';
import { t } from '@/i18n';
import type { MailTo } from './recipients';

/** An entry on screen. `local` is set while only this device knows it. */
export interface Row extends Entry {
  key: string;
  local: 'sending' | 'failed' | null;
  problem: string | null;
}

/** Something written here that the server has not confirmed yet; kept on the device until it has. */
export interface Unsent {
  uuid: string;
  kind: 'message' | 'note';
  channel: Channel | null;
  text: string;
  at: string;
  author: string;
  /** Whom a mail goes to, where that is not the server's own answer. */
  mail?: MailTo | null;
  /** Files that the server has already. */
  files?: { id: number; name: string }[];
  /** The translation of what was written, whose text this is. */
  translation_id?: number;
}

function keyOf(entry: Entry): string {
  return entry.client_uuid || `${entry.type}:${entry.id}`;
}

function fromServer(entry: Entry): Row {
  return { ...entry, key: keyOf(entry), local: null, problem: null };
}

export function localRow(unsent: Unsent, state: 'sending' | 'failed', problem: string | null = null): Row {
  return {
    type: unsent.kind,
    id: 0,
    at: unsent.at,
    author: { kind: 'operator', name: unsent.author },
    channel: unsent.channel,
    direction: unsent.kind === 'message' ? 'out' : null,
    kind: unsent.kind === 'message' ? 'message' : '',
    text: unsent.text || (unsent.files ?? []).map((file) => file.name).join(', '),
    html_available: false,
    subject: '',
    status: null,
    error: '',
    attachments: [],
    call: null,
    score: null,
    client_uuid: unsent.uuid,
    parts: null,
    recipients: null,
    bounces: [],
    complaints: [],
    incomplete: '',
    protection: [],
    is_cut: false,
    edits: [],
    key: unsent.uuid,
    local: state,
    problem,
  };
}

/**
 * The timeline after the server's answer: its entries in its order, then what it does not know yet in the order of
 * writing. A local row and its confirmed entry share their key, so the row on screen stays the same one.
 */
export function merge(rows: readonly Row[], server: readonly Entry[]): Row[] {
  const confirmed = server.map(fromServer);
  const known = new Set(confirmed.map((row) => row.key));
  return [...confirmed, ...rows.filter((row) => row.local !== null && !known.has(row.key))];
}

/** Puts in or replaces one row; a confirmed row is never replaced by a local one. */
export function put(rows: readonly Row[], row: Row): Row[] {
  const index = rows.findIndex((item) => item.key === row.key);
  if (index < 0) return [...rows, row];
  if (row.local !== null && rows[index]!.local === null) return [...rows];
  return rows.map((item, position) => (position === index ? row : item));
}

export function confirm(rows: readonly Row[], entry: Entry): Row[] {
  return put(rows, fromServer(entry));
}

export interface Day {
  key: string;
  label: string;
  rows: Row[];
}

/** The rows under the days of this device's calendar. */
export function byDay(rows: readonly Row[], now: Date): Day[] {
  const days: Day[] = [];
  for (const row of rows) {
    const label = formatDay(row.at, now);
    const last = days.at(-1);
    if (last?.label === label) last.rows.push(row);
    else days.push({ key: `${label}:${row.key}`, label, rows: [row] });
  }
  return days;
}

const MISSED = new Set(['abandoned', 'abandoned_in_menu', 'timed_out', 'left_empty', 'not_joined', 'pressed_key', 'canceled', 'unanswered']);
const OUTCOMES = ['answered', 'transferred', 'abandoned', 'abandoned_in_menu', 'ended_in_menu', 'timed_out', 'left_empty', 'not_joined', 'pressed_key', 'cut_off', 'busy', 'canceled', 'unanswered', 'failed'] as const;

/** How a call ended, in words; a word of a later server stands as it is. */
export function outcomeName(outcome: string): string {
  const known = OUTCOMES.find((item) => item === outcome);
  return known ? t(`console.call.${known}`) : outcome.replaceAll('_', ' ');
}

/** What a change of the ticket says: the audit's action with the new value. */
export function eventText(row: Pick<Entry, 'kind' | 'text' | 'author'>): string {
  const name = row.author.name;
  switch (row.kind) {
    case 'ticket.open':
      return t('console.event.open', { name });
    case 'ticket.status': {
      const to = t(`common.status.${row.text as TicketStatus}`);
      return name ? t('console.event.status', { name, to }) : t('console.event.status_auto', { to });
    }
    case 'ticket.subject':
      return t('console.event.subject', { name, to: row.text });
    case 'ticket.language':
      return t('console.event.language', { name, to: formatLanguage(row.text) });
    case 'ticket.snooze':
      return t('console.event.snooze', { name, to: formatDateTime(row.text) });
    case 'ticket.wake':
      return t('console.event.wake');
    case 'ticket.transfer':
    case 'ticket.take_over':
    case 'ticket.merge':
    case 'ticket.merged':
    case 'ticket.unmerge':
    case 'ticket.split':
    case 'ticket.split_of':
    case 'ticket.follow_up':
    case 'ticket.follow_up_of':
      return t(`console.event.${row.kind.slice(7) as 'merge'}`, { name, to: row.text });
    case 'ticket.unmerged':
      return t('console.event.unmerge', { name, to: row.text });
    default:
      return [name, row.text].filter(Boolean).join(' · ');
  }
}

/** Whether a call was talked on or may yet be ('answered', whatever ended it), was missed, or never came about. */
export function callLook(row: Pick<Entry, 'call'>): 'answered' | 'missed' | 'failed' {
  const call = row.call;
  if (!call) return 'failed';
  if (call.ended_at === null || (call.talk_ms ?? 0) > 0 || ['answered', 'transferred', 'ended_in_menu'].includes(call.outcome)) return 'answered';
  return MISSED.has(call.outcome) ? 'missed' : 'failed';
}
