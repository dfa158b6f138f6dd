import type { components } from '@/api/schema';
import { formatNumber } from '@/format';
import type { Tone } from '@/ui/Tag.vue';

type Schemas = components['schemas'];
export type QuoteRow = Schemas['QuoteRow'];
export type Quote = Schemas['Quote'];
export type Comparison = Schemas['Comparison'];

/** Local hours of some days in which contacts come. */
export interface OpenHours {
  days: string[];
  from: number;
  to: number;
  weight: number;
}
/** Contacts of one kind, as docs/quotes.md describes them. */
export interface Stream {
  name: string;
  channel: string;
  direction: string;
  queue: string;
  campaign: string;
  contacts: number;
  talk_s: number;
  hold_s: number;
  wrap_s: number;
  focus_s: number;
  operator_s: number;
  messages: string;
  segments: string;
  orders: string;
  variation_percent: number;
  hours: OpenHours[];
}
export interface Volumes {
  periods: number;
  spread_percent: number;
  languages: Record<string, number>;
  streams: Stream[];
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const PROFILES: Record<'office' | 'long' | 'night' | 'always', OpenHours[]> = {
  office: [{ days: DAYS.slice(0, 5), from: 9, to: 18, weight: 1 }],
  long: [
    { days: DAYS.slice(0, 5), from: 8, to: 20, weight: 3 },
    { days: ['sat'], from: 9, to: 14, weight: 1 },
  ],
  night: [
    { days: [...DAYS], from: 0, to: 8, weight: 1 },
    { days: [...DAYS], from: 20, to: 24, weight: 2 },
  ],
  always: [
    { days: [...DAYS], from: 8, to: 20, weight: 4 },
    { days: [...DAYS], from: 0, to: 8, weight: 1 },
    { days: [...DAYS], from: 20, to: 24, weight: 1 },
  ],
};
export type Profile = keyof typeof PROFILES;

/** The name of the hours, where they are ones that have a name. */
export function profileOf(hours: OpenHours[]): Profile | 'own' {
  const found = (Object.keys(PROFILES) as Profile[]).find((name) => JSON.stringify(PROFILES[name]) === JSON.stringify(hours.map(({ days, from, to, weight }) => ({ days, from, to, weight }))));
  return found ?? 'own';
}

export function newStream(channel: string, name: string): Stream {
  const isVoice = channel === 'voice';
  return {
    name,
    channel,
    direction: 'in',
    queue: '',
    campaign: '',
    contacts: 300,
    talk_s: isVoice ? 150 : 0,
    hold_s: isVoice ? 10 : 0,
    wrap_s: 30,
    focus_s: isVoice ? 0 : 240,
    operator_s: 0,
    messages: isVoice ? '0' : '2',
    segments: channel === 'sms' ? '1' : '0',
    orders: '0',
    variation_percent: 100,
    hours: structuredClone(PROFILES.office),
  };
}

/** "es 70, en 30" as shares by language; null for a text that says something else. */
export function readMix(text: string): Record<string, number> | null {
  const shares: Record<string, number> = {};
  for (const part of text.split(',').map((item) => item.trim()).filter(Boolean)) {
    const found = /^([a-z]{2,3})\s+(\d{1,4})\s*%?$/.exec(part);
    if (!found) return null;
    shares[found[1]!] = Number(found[2]);
  }
  return shares;
}
export function writeMix(shares: Record<string, number>): string {
  return Object.entries(shares)
    .map(([language, share]) => `${language} ${share}`)
    .join(', ');
}

/** "23725/84 / 0.75" as people read it: 282.44 / 0.75. The server's formula is exact, fractions included. */
export function formulaText(formula: string): string {
  return formula
    .split(' ')
    .map((part) => {
      const found = /^(\d+(?:\.\d+)?)(?:\/(\d+))?$/.exec(part);
      if (!found) return part;
      const value = Number(found[1]) / Number(found[2] ?? 1);
      return formatNumber(value, Number.isInteger(value) ? 0 : 2);
    })
    .join(' ');
}

export function quoteTone(status: QuoteRow['status']): Tone {
  if (status === 'accepted') return 'ready';
  if (status === 'sent') return 'accent';
  if (status === 'draft') return 'wrap';
  return status === 'declined' ? 'danger' : 'off';
}
