import type { components } from '@/api/schema';
import { formatMoney, formatNumber } from '@/format';
import { t } from '@/i18n';
import { minutesLabel } from './labels';

type Schemas = components['schemas'];

/** A bill as /api/v1/accrual/, /invoices/{id}/ and /tariff-versions/{id}/try/ write it. */
export type Bill = Pick<Schemas['Accrual'], 'currency' | 'taxes' | 'net' | 'tax' | 'total' | 'unpriced'> & { lines: BillLine[] };
export type BillLine = Omit<Schemas['BillLine'], 'explanation'> & { explanation: LineExplanation };

/** Times in whole milliseconds or contacts, as `unit` says; amounts are decimal strings, or "n/d" where no decimal can hold them. */
interface LineExplanation {
  kind: string;
  exact: string;
  amount: string;
  digits?: number;
  share_of_period?: string;
  unit?: 'ms' | 'contact' | 'message' | 'segment' | 'order';
  rate?: string;
  rate_per?: 'minute' | 'hour' | 'contact' | 'message' | 'segment' | 'order';
  tiers?: unknown;
  stages?: unknown;
  channels?: string[];
  directions?: string[];
  contacts?: number;
  allowance?: number;
  raw?: number;
  waived?: number;
  rounding?: number | string;
  billed?: number;
  included?: number;
  charged?: number;
  basis?: string;
  time_rounding?: string;
  raw_ms_by_class?: Record<string, number>;
  rounding_percent?: string | null;
  fee?: string;
  prorated?: boolean;
  commitment?: string;
  counts?: string;
  counted?: string;
  cap?: string;
  percent?: string;
  quantity?: string;
  missing_units?: string;
  connect_fee?: string;
  connects?: number;
  paid_ahead?: string;
  /** Units drawn of what was bought ahead, by its reference; they are among what is included. */
  prepaid?: Record<string, number>;
  /** An add-on or one-off beside the tariff: its reference and days. */
  reference?: string;
  starts_on?: string;
  ends_on?: string;
  approved_at?: string;
}

export type LineContact = Omit<Schemas['LineContact'], 'explanation'> & { explanation: LineExplanation };

/** A decimal or "n/d" as a number, for showing only. */
export function approximate(exact: string): number {
  const [top = '0', bottom = '1'] = exact.split('/');
  return Number(top) / Number(bottom);
}

/** "n/d" as a decimal with six digits; a decimal stays as it is. */
export function decimalOf(exact: string): string {
  return exact.includes('/') ? approximate(exact).toFixed(6).replace(/0+$/, '').replace(/\.$/, '') : exact;
}

/** So many milliseconds as minutes, so many contacts as their number. */
export function quantity(value: number | undefined, unit: LineExplanation['unit']): string {
  if (value === undefined || unit === undefined) return '';
  return unit === 'ms' ? minutesLabel(value) : formatNumber(value);
}

/** €0.74 / min, €1.90 each; a fee shows its full price. */
export function rateLabel(line: BillLine, currency: string): string {
  const told = line.explanation;
  if (told.rate !== undefined) {
    if (told.tiers || told.stages) return t('client.unit.by_tiers');
    const price = formatMoney(decimalOf(told.rate), currency);
    if (told.rate_per === 'hour') return t('client.unit.per_hour', { price });
    return told.rate_per === 'minute' ? t('client.unit.per_minute', { price }) : t('client.unit.per_contact', { price });
  }
  const price = told.fee ?? told.commitment;
  return price === undefined ? '' : formatMoney(decimalOf(price), currency);
}

/** Where the contacts behind a line are listed; null for a line that has none. */
export function recordsQuery(line: BillLine, month: string): Record<string, string> | null {
  if (line.kind !== 'usage' || !line.explanation.contacts) return null;
  const channels = line.explanation.channels ?? [];
  return channels.length === 1 ? { month, channel: channels[0]! } : { month };
}
