import { minutesLabel } from '@/client/labels';
import { formatDate, formatNumber } from '@/format';
import { t } from '@/i18n';

/** Prepaid units as people count them: time in minutes, the rest as a number. */
export function amountOf(units: number, unit: string): string {
  return unit === 'ms' ? minutesLabel(units) : formatNumber(units);
}
/** The days of a purchase, as far as they have an end: the first day on which it does not hold any more. */
export function validDays(from: string, until: string | null): string {
  return until ? t('money.prepaid.from_to', { from: formatDate(from), until: formatDate(until) }) : t('money.prepaid.from', { from: formatDate(from) });
}
/** What is bought, in the reader's language: minutes, contacts, ... */
export function unitName(unit: string): string {
  const key = (unit === 'minute' ? 'ms' : unit) as 'ms' | 'contact' | 'message' | 'segment' | 'order';
  return t(`money.prepaid.unit_of.${key}`);
}
/** What a purchase holds, and on which days. */
export function heldUnits(row: { starts_on: string; ends_on: string | null; prepaid: { units: number; unit: string } }): string {
  return t('money.prepaid.holds', { units: `${unitName(row.prepaid.unit)}: ${amountOf(row.prepaid.units, row.prepaid.unit)}`, days: validDays(row.starts_on, row.ends_on) });
}
