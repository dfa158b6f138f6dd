import type { Channel, PresenceState, Role } from '@/api/types';
import type { Bill } from '@/client/bill';
import type { TariffDocument } from './tariff/document';

/** The shapes of /api/v1/admin/ and of billing's tariffs. */
export interface AdminAccount {
  id: number;
  name: string;
  slug: string;
  brand_color: string;
  time_zone: string;
  language: string;
  currency: string;
  ticket_prefix: string;
  legal_name: string;
  legal_address: string;
  tax_id: string;
  billing_email: string;
  is_active: boolean;
  created_at: string;
}

export type EndpointKind = 'email' | 'webchat' | 'voice';
export interface AdminEndpoint {
  id: number;
  account_id: number;
  kind: EndpointKind;
  address: string;
  name: string;
  language: string;
  settings: Record<string, unknown>;
  secrets_set: string[];
  is_active: boolean;
  last_received_at: string | null;
  last_error_at: string | null;
  last_error: string;
  failed_receipts: number;
}

export interface Receipt {
  id: number;
  account_id: number;
  endpoint: string;
  kind: EndpointKind;
  external_id: string;
  received_at: string;
  state: 'pending' | 'processed' | 'failed';
  attempts: number;
  next_attempt_at: string | null;
  error: string;
  raw_url: string;
}

export interface SpokenLanguage {
  language: string;
  level: number;
}
export interface AdminOperator {
  id: number;
  email: string;
  full_name: string;
  display_name: string;
  role: Role;
  language: string;
  is_active: boolean;
  home_account_id: number | null;
  max_voice: number;
  max_chat: number;
  max_mail: number;
  languages: SpokenLanguage[];
  accounts: number[];
  aliases: string[];
  presence: PresenceState;
  since: string | null;
}

export interface AdminQueue {
  id: number;
  name: string;
  account_id: number | null;
  language: string;
  channel: Channel | '';
  priority: number;
  minimum_level: number;
  offer_seconds: number;
  wrap_up_seconds: number;
  is_active: boolean;
  waiting: number;
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string | null;
  account_id: number | null;
  action: string;
  target_type: string;
  target_id: number | null;
  data: Record<string, unknown>;
}

export type Engagement = 'serving' | 'wrapping' | 'offered' | 'ready' | 'break' | 'lost' | 'offline';
export interface Wallboard {
  at: string;
  queues: { id: number; name: string; language: string; channel: Channel | ''; waiting: number; longest_since: string | null }[];
  operators: { id: number; name: string; presence: PresenceState; engagement: Engagement; since: string | null; reason: string; channels: Channel[] }[];
  accounts: { id: number; name: string; contacts: number; by_channel: Partial<Record<Channel, number>>; answered: number; abandoned: number; in_time_permille: number | null }[];
  failed_receipts: number;
  pending_receipts: number;
}

export interface VersionRow {
  id: number;
  number: number;
  state: 'draft' | 'in_force';
  effective_from: string | null;
  changed_at: string;
}
export interface Tariff {
  id: number;
  name: string;
  is_active: boolean;
  contracts: number;
  in_force: VersionRow | null;
  versions: VersionRow[];
}
export interface TariffWarning {
  kind: string;
  component: string;
  message: string;
  before: string;
}
export interface TariffVersion extends VersionRow {
  tariff: { id: number; name: string };
  document: TariffDocument;
  put_in_force_at: string | null;
  changed_by: string | null;
  contracts: number;
  in_force: VersionRow | null;
  in_force_document: TariffDocument | null;
  warnings: TariffWarning[];
}
export interface TrialBill extends Bill {
  contacts: number;
  in_force: { version: number; net: string; total: string } | null;
  difference: string | null;
  warnings: TariffWarning[];
}
export interface Contract {
  id: number;
  account: number;
  account_name: string;
  tariff: { id: number; name: string };
  starts_on: string;
  ends_on: string | null;
}
