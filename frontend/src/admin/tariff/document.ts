/**
 * The tariff document as the editor works on it: the JSON that billing/terms_document.py reads and writes.
 * Amounts stay decimal strings from end to end; nothing here computes money.
 */
import type { Channel } from '@/api/types';

export type TimeClass = 'talk' | 'hold' | 'wrap' | 'focus' | 'open';
export type BasisName = 'talk' | 'talk_hold' | 'all_work';
export type Rounding = 'none' | '6s' | '60s' | { first_s?: string; step_s?: string; grace_s?: string };
export type LocalisedName = string | Record<string, string>;

export interface Match {
  channel?: Channel[];
  direction?: ('in' | 'out')[];
}

export interface Component {
  code: string;
  kind: 'per_minute' | 'per_contact' | 'minimum' | 'set_up' | 'recurring' | 'credit';
  name: LocalisedName;
  tax?: string;
  match?: Match;
  basis?: BasisName | TimeClass[];
  rounding?: Rounding;
  rate_per_minute?: string;
  rate_per_contact?: string;
  included_minutes?: string;
  included_contacts?: number | string;
  amount?: string;
  counts?: 'usage' | 'usage_and_recurring';
  prorate?: boolean;
}

export interface TariffDocument {
  name: string;
  currency: string;
  taxes?: { code: string; percent: string; category?: string }[];
  components: Component[];
}

export const RATE_KINDS = ['per_minute', 'per_contact'] as const;
export const FEE_KINDS = ['recurring', 'set_up', 'minimum', 'credit'] as const;

export function isRate(component: Component): boolean {
  return component.kind === 'per_minute' || component.kind === 'per_contact';
}

/** The name in a language, as billing chooses it: that language, the general one, English, any. */
export function nameOf(name: LocalisedName, language: string): string {
  if (typeof name === 'string') return name;
  return name[language] || name[''] || name.en || Object.values(name)[0] || '';
}

/** The name with its text for the language replaced; a plain name stays plain. */
export function renamed(name: LocalisedName, language: string, text: string): LocalisedName {
  if (typeof name === 'string') return text;
  const key = name[language] !== undefined ? language : name[''] !== undefined ? '' : (Object.keys(name)[0] ?? '');
  return { ...name, [key]: text };
}

export function priceField(component: Component): 'rate_per_minute' | 'rate_per_contact' | 'amount' {
  if (component.kind === 'per_minute') return 'rate_per_minute';
  return component.kind === 'per_contact' ? 'rate_per_contact' : 'amount';
}

export function priceOf(component: Component): string {
  return component[priceField(component)] ?? '';
}

/** A code no other component has, made of the word and a number: chat, chat_2, chat_3. */
export function freeCode(components: Component[], word: string): string {
  const taken = new Set(components.map((item) => item.code));
  if (!taken.has(word)) return word;
  let number = 2;
  while (taken.has(`${word}_${number}`)) number += 1;
  return `${word}_${number}`;
}

export function newRate(document: TariffDocument, channel: Channel, name: string): Component {
  const code = freeCode(document.components, channel);
  const common = { code, name, match: { channel: [channel] }, ...(document.taxes?.[0] ? { tax: document.taxes[0].code } : {}) };
  if (channel === 'voice') {
    return { ...common, kind: 'per_minute', basis: 'all_work', rounding: 'none', rate_per_minute: '0.00', included_minutes: '0' };
  }
  return { ...common, kind: 'per_contact', rate_per_contact: '0.00', included_contacts: 0 };
}

export function newFee(document: TariffDocument, kind: (typeof FEE_KINDS)[number], name: string): Component {
  return {
    code: freeCode(document.components, kind),
    kind,
    name,
    amount: '0.00',
    ...(document.taxes?.[0] ? { tax: document.taxes[0].code } : {}),
    ...(kind === 'minimum' ? { counts: 'usage' as const } : {}),
  };
}

/** A rate turned into the other kind, keeping what both have. */
export function withKind(component: Component, kind: 'per_minute' | 'per_contact'): Component {
  if (component.kind === kind) return component;
  const { code, name, tax, match, prorate } = component;
  const kept = { code, name, ...(tax === undefined ? {} : { tax }), ...(match === undefined ? {} : { match }), ...(prorate === undefined ? {} : { prorate }) };
  const price = priceOf(component) || '0.00';
  return kind === 'per_minute'
    ? { ...kept, kind, basis: 'all_work', rounding: 'none', rate_per_minute: price, included_minutes: String(component.included_contacts ?? 0) }
    : { ...kept, kind, rate_per_contact: price, included_contacts: Math.trunc(Number(component.included_minutes ?? 0)) || 0 };
}

/** Rounding as one word for a select: none, 6s, 60s, or custom with its parts. */
export function roundingName(rounding: Rounding | undefined): 'none' | '6s' | '60s' | 'custom' {
  if (rounding === undefined) return 'none';
  return typeof rounding === 'string' ? rounding : 'custom';
}

/**
 * A decimal as people type it, as the document wants it; null when it is no number. A dot is the decimal sign in
 * every language (so the document writes it). A comma is one in Russian and Spanish; in English it may only group
 * thousands, so that 6,000 is never taken for six.
 */
export function decimalText(typed: string, language: string): string | null {
  const bare = typed.trim().replace(/[\s\u00a0\u202f]/g, '');
  const text = language === 'en' ? (/^\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare) ? bare.replaceAll(',', '') : bare) : bare.replace(',', '.');
  return /^\d{1,12}(\.\d{1,12})?$/.test(text) ? text.replace(/^0+(?=\d)/, '') : null;
}
