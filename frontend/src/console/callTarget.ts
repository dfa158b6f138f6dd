import type { Tone } from '@/ui/Tag.vue';

export interface CallTarget {
  operator_id?: number;
  extension?: string;
  number?: string;
}

/** What somebody has typed, as an extension (up to six digits, * and #) or a number outside; null if it is neither. */
export function callTarget(text: string): CallTarget | null {
  const typed = text.replace(/[\s().-]/g, '');
  if (/^[0-9*#]{1,6}$/.test(typed)) return { extension: typed };
  return /^\+?[0-9]{7,20}$/.test(typed) ? { number: typed } : null;
}

const TONES: Record<string, Tone> = { available: 'ready', break: 'wrap', lost: 'danger', offline: 'off' };
export const presenceTone = (presence: string): Tone => TONES[presence] ?? 'off';
