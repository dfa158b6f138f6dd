/** The shapes of /api/v1/ as the web uses them. Instants are ISO 8601 in UTC, money is a decimal string. */
export type Role = 'operator' | 'supervisor' | 'billing_admin' | 'admin' | 'client_viewer' | 'client_admin';
export type Channel = 'voice' | 'email' | 'chat' | 'sms' | 'social';
export type TicketStatus = 'new' | 'open' | 'pending' | 'solved' | 'closed';
export type PresenceState = 'offline' | 'available' | 'break' | 'lost';

export interface Page<T> {
  results: T[];
  next: string | null;
  cursor?: Cursor | null;
}

export interface AccountRef {
  id: number;
  name: string;
  slug: string;
  brand_color: string;
  time_zone: string;
  currency: string;
}

export interface Me {
  id: number;
  email: string;
  full_name: string;
  role: Role;
  language: string;
  operator_id: number | null;
  accounts: AccountRef[];
  server_time: string;
  live_cursor: Cursor;
}

/** A position in the live log, "<transaction>-<id>"; live/cursor.ts compares two of them. */
export type Cursor = string;

export interface TicketCard {
  id: number;
  number: string;
  account_id: number;
  contact: { id: number; name: string; point: string } | null;
  channel: Channel;
  subject: string;
  language: string;
  status: TicketStatus;
  unread: number;
  waiting_since: string | null;
  last_activity_at: string;
  assignee: { id: number; name: string } | null;
  preview: string;
  assignment_state: 'active' | 'wrapping' | null;
  since: string | null;
}

export interface Wrap {
  ticket_id?: number;
  started_at: string | null;
  due_at: string | null;
  extended: boolean;
}

export interface TicketDetail extends TicketCard {
  opened_at: string;
  contact_points: { kind: string; value: string }[];
  history_count: number;
  channels_available: Channel[];
  drafts?: Record<string, string>;
  wrap: Wrap | null;
}

export interface Attachment {
  id: number;
  filename: string;
  content_type: string;
  size: number;
  url: string;
}

export interface CallFacts {
  direction: 'in' | 'out';
  outcome: string;
  wait_ms: number;
  talk_ms: number;
  hold_ms: number;
  from: string;
  to: string;
  operator: string | null;
  hung_up_by: string | null;
}

export type EntryStatus = 'received' | 'queued' | 'sending' | 'sent' | 'delivered' | 'failed';

export interface Entry {
  type: 'message' | 'call' | 'note' | 'event';
  id: number;
  at: string;
  author: { kind: 'contact' | 'operator' | 'system'; name: string };
  channel: Channel | null;
  direction: 'in' | 'out' | null;
  text: string;
  html_available?: boolean;
  subject?: string;
  status?: EntryStatus | '' | null;
  error?: string;
  attachments?: Attachment[];
  call: CallFacts | null;
  client_uuid: string | null;
}

export interface Offer {
  id: number;
  ticket: TicketCard;
  channel: Channel;
  offered_at: string;
  expires_at: string;
  why: Record<string, unknown>;
}

export interface ConsoleSnapshot {
  cursor: Cursor;
  server_time: string;
  presence: { state: PresenceState; reason: string; since: string; engagement: string | null; engagement_since: string | null };
  load: Partial<Record<Channel, { used: number; max: number }>>;
  pulse: Pulse;
  offer: Offer | null;
  open: TicketCard[];
  wrapping: Wrap[];
}

export interface Pulse {
  waiting: number;
  longest_since: string | null;
  ready: number;
  signed_in: number;
}

export interface LiveEvent {
  cursor: Cursor;
  kind: string;
  at: string;
  account_id: number | null;
  payload: Record<string, unknown>;
}

export interface Playbook {
  account: AccountRef;
  phrase: string;
  scripts: { id: number; title: string; reason: string; body: string; language: string; version: number }[];
  faq: { id: number; question: string; answer: string; language: string }[];
  dispositions: { code: string; name: string }[];
}
