/** The shapes of /api/v1/admin/ and of billing's tariffs by short names; documents and bills get the types of their editors. */
import type { components } from '@/api/schema';
import type { Channel } from '@/api/types';
import type { Bill, BillLine } from '@/client/bill';
import type { TariffDocument } from './tariff/document';

type Schemas = components['schemas'];

export type AdminAccount = Required<Schemas['AdminAccount']>;
export type AdminEndpoint = Schemas['AdminEndpoint'];
export type EndpointProvider = Schemas['EndpointProvider'];
export type MailFolder = Schemas['MailFolder'];
export type MailSignature = Schemas['Signature'];
export type EndpointKind = AdminEndpoint['kind'];
export type AdminOperator = Schemas['AdminOperator'];
/** '' in a queue's channel: any. */
export type AdminQueue = Omit<Schemas['AdminQueue'], 'channel'> & { channel: Channel | '' };
export type AdminSkill = Schemas['Skill'];
export type AdminBreakReason = Schemas['BreakReason'];
export type AdminCalendar = Schemas['Calendar'];
export type CalendarList = Schemas['CalendarList'];
export type AdminPolicy = Schemas['Policy'];
/** What QueueRules.vue edits: 0 stands for none in the choices, hours for seconds. */
export interface QueueRules {
  calendar_id: number;
  sla_policy_id: number;
  wrap_up_mode: AdminQueue['wrap_up_mode'];
  sticky_hours: number | string;
  callback_attempts: number | string;
  callback_retry_minutes: number | string;
  callback_expires_hours: number | string;
  skills: { skill_id: number; level: number; is_required: boolean }[];
  members: number[];
  relaxation: { after_s: number | string; action: AdminQueue['relaxation'][number]['action']; level: number; overflow_queue_id: number }[];
}
export type AuditEntry = Schemas['AuditEntry'];
export type Receipt = Schemas['Receipt'];
export type Wallboard = Omit<Schemas['Wallboard'], 'queues' | 'operators'> & {
  queues: (Omit<Schemas['WallboardQueue'], 'channel'> & { channel: Channel | '' })[];
  operators: (Omit<Schemas['WallboardOperator'], 'channels'> & { channels: Channel[] })[];
};
export type Alert = Wallboard['alerts'][number];
export type Engagement = Wallboard['operators'][number]['engagement'];

export type Tariff = Schemas['Tariff'];
export type TariffWarning = Schemas['Warning'];
export type TariffVersion = Omit<Schemas['Version'], 'document' | 'in_force_document'> & { document: TariffDocument; in_force_document: TariffDocument | null };
export type TrialBill = Omit<Schemas['TryResponse'], 'lines'> & Pick<Bill, 'taxes'> & { lines: BillLine[] };
export type Contract = Schemas['Contract'];
