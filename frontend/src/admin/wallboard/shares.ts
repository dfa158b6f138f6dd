import { formatNumber, formatPercent, formatSpan } from '@/format';
import { t } from '@/i18n';

/** Nothing to divide is a dash, never 0 or 100 %. */
export const DASH = '—';

export function share(permille: number | null | undefined, digits = 0): string {
  return permille === null || permille === undefined ? DASH : formatPercent(permille / 1000, digits);
}

/** Below a minute in seconds (23 s), above as a clock or words. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return DASH;
  return ms < 60_000 ? t('common.span.seconds', { value: formatNumber(Math.round(ms / 1000)) }) : formatSpan(ms);
}
