import type { components } from '@/api/schema';
import { t, type MessageKey } from '@/i18n';

export type Profile = components['schemas']['BillingProfile'];
export type Proposal = components['schemas']['ProfileProposal'];

/** What a client may propose; the rest is the house's. */
export const OWN = ['legal_name', 'legal_address', 'postcode', 'city', 'country', 'tax_id', 'registration', 'reference', 'billing_email', 'emails', 'language'] as const;
export const HOUSE = ['sends_documents', 'reminders', 'payment_days', 'is_reverse_charge'] as const;

/** The fields of `names` that differ, as the server takes them. */
export function changed(before: Profile, now: Profile, names: readonly (keyof Profile)[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name])).map((name) => [name, now[name]]));
}

/** One address a line; empty lines are nothing. */
export function lines(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter(Boolean);
}

export function fieldLabel(name: string): string {
  return t(`money.profile.${name}` as MessageKey);
}

export function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ') || '—';
  if (typeof value === 'boolean') return t(value ? 'money.profile.yes' : 'money.profile.no');
  return value === null || value === undefined || value === '' ? '—' : String(value);
}
