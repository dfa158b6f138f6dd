/**
 * The tariff document as the editor works on it: the JSON that billing/terms_document.py reads and writes.
 * Amounts stay decimal strings from end to end; nothing here computes money.
 */
import type { Channel } from '@/api/types';

type TimeClass = 'talk' | 'hold' | 'wrap' | 'focus' | 'open';
export type BasisName = 'talk' | 'talk_hold' | 'all_work';
export type Rounding = 'none' | '6s' | '60s' | { first_s?: string; step_s?: string; grace_s?: string };
type LocalisedName = string | Record<string, string>;

export interface Match {
  channel?: Channel[];
  direction?: ('in' | 'out')[];
  /** Language, queue, campaign, time bands, holidays, weight: edited as JSON. */
  [condition: string]: unknown;
}

export interface Component {
  code: string;
  kind: (typeof RATE_KINDS)[number] | (typeof FEE_KINDS)[number] | (typeof MORE_KINDS)[number];
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
  /** What only some kinds have; the forms of MORE_FIELDS and the JSON tab edit it. */
  [field: string]: unknown;
}

export interface TariffDocument {
  name: string;
  currency: string;
  taxes?: { code: string; percent: string; category?: string }[];
  components: Component[];
  [field: string]: unknown;
}

const RATE_KINDS = ['per_minute', 'per_contact'] as const;
export const FEE_KINDS = ['recurring', 'set_up', 'minimum', 'credit'] as const;

/** Kinds edited in the third table, each with the fields of its form; the rest of them is edited as JSON. */
export const MORE_KINDS = ['per_hour', 'per_message', 'per_segment', 'per_order', 'surcharge', 'discount', 'cap', 'minimum_volume', 'per_seat', 'ivr_tree', 'add_on', 'holiday', 'one_off'] as const;
type MoreKind = (typeof MORE_KINDS)[number];
type FieldName = 'basis' | 'rate_per_hour' | 'included_hours' | 'rate_per_message' | 'included_messages' | 'rate_per_segment' | 'included_segments' | 'rate_per_order' | 'included_orders' | 'percent' | 'amount' | 'of' | 'units' | 'quantity';
export const MORE_BASES = ['talk', 'talk_hold', 'all_work', 'patched', 'ivr', 'idle', 'operator', 'interpreter'] as const;
export type MoreField = { name: FieldName; kind: 'money' | 'percent' | 'number' | 'basis' | 'rate'; initial: string };
const money = (name: FieldName): MoreField => ({ name, kind: 'money', initial: '0.00' });
const count = (name: FieldName, initial = '0'): MoreField => ({ name, kind: 'number', initial });
const percent: MoreField = { name: 'percent', kind: 'percent', initial: '10' };
const MORE_FIELDS: Record<MoreKind, MoreField[]> = {
  per_hour: [{ name: 'basis', kind: 'basis', initial: 'operator' }, money('rate_per_hour'), count('included_hours')],
  per_message: [money('rate_per_message'), count('included_messages')],
  per_segment: [money('rate_per_segment'), count('included_segments')],
  per_order: [money('rate_per_order'), count('included_orders')],
  surcharge: [percent],
  discount: [percent],
  cap: [money('amount')],
  minimum_volume: [{ name: 'of', kind: 'rate', initial: '' }, count('units', '100')],
  per_seat: [money('amount'), count('quantity', '1')],
  ivr_tree: [money('amount'), count('quantity', '1')],
  add_on: [money('amount')],
  holiday: [money('amount')],
  one_off: [money('amount')],
};
/** Fields that are whole numbers in the document, not decimal texts. */
const WHOLE = ['included_messages', 'included_segments', 'included_orders'];

export function isMore(component: Component): boolean {
  return !isRate(component) && !(FEE_KINDS as readonly string[]).includes(component.kind);
}

/** A price per minute or contact that the first table can show; tiers and stages are edited as JSON. */
export function isRate(component: Component): boolean {
  return (RATE_KINDS as readonly string[]).includes(component.kind) && component.tiers === undefined && component.stages === undefined;
}

export function moreKind(component: Component): MoreKind | null {
  return MORE_KINDS.find((kind) => kind === component.kind) ?? null;
}

/** What the form of a component shows; none where only JSON can say it. */
export function fieldsOf(component: Component): MoreField[] {
  const fields = MORE_FIELDS[component.kind as MoreKind] ?? [];
  const isTiered = component.tiers !== undefined || component.stages !== undefined;
  return fields.filter((field) => !(isTiered && field.name.startsWith('rate_per_')) && !(field.name === 'percent' && component.percent === undefined));
}

export function newMore(document: TariffDocument, kind: MoreKind, name: string): Component {
  const made: Component = { code: freeCode(document.components, kind), kind, name, ...(document.taxes?.[0] ? { tax: document.taxes[0].code } : {}) };
  for (const field of MORE_FIELDS[kind]) {
    const initial = field.kind === 'rate' ? (ratesOf(document)[0]?.code ?? '') : field.initial;
    Object.assign(made, { [field.name]: WHOLE.includes(field.name) ? Number(initial) : initial });
  }
  return made;
}

/** The components that charge usage: what a volume is committed of. */
export function ratesOf(document: TariffDocument): Component[] {
  return document.components.filter((component) => component.kind.startsWith('per_') && component.kind !== 'per_seat');
}

/** A field with what was typed: a decimal as the document wants it, else the text as it stands, for the server to refuse. */
export function withField(component: Component, field: MoreField, typed: string, language: string): Component {
  if (field.kind === 'basis' || field.kind === 'rate') return { ...component, [field.name]: typed };
  const text = decimalText(typed, language) ?? typed;
  return { ...component, [field.name]: WHOLE.includes(field.name) && /^\d+$/.test(text) ? Number(text) : text };
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

function priceOf(component: Component): string {
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
