import { dateLocale, formatMonth, formatNumber } from '@/format';
import { locale, type MessageKey, type Params, t } from '@/i18n';

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

/** Monday first: 0 is Monday, as the server counts. */
export function weekdayName(weekday: number, width: 'long' | 'short'): string {
  return new Intl.DateTimeFormat(dateLocale(), { weekday: width, timeZone: 'UTC' }).format(new Date(MONDAY + weekday * DAY_MS));
}

/** Two letters at most where the language allows: Mo, Пн, lu. */
export function weekdayShort(weekday: number): string {
  const name = weekdayName(weekday, 'short').replace(/\.$/, '');
  const cut = [...name].slice(0, 2).join('');
  return cut.charAt(0).toLocaleUpperCase(locale()) + cut.slice(1);
}

/** 09:00 of 9. */
export function hourLabel(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}

/** Monday, 1 June of "2026-06-01": a calendar day, in no time zone. */
export function dayLabel(on: string): string {
  return new Intl.DateTimeFormat(dateLocale(), { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(new Date(`${on}T00:00:00Z`));
}

/** Whether a period is a cycle of 28 days, named by its first day, and no calendar month. */
export function isCycle(month: string): boolean {
  return month.length > 7;
}

/** What is said of a month; of a cycle the same with "period" for "month". */
export function periodText(month: string, ofMonth: MessageKey, ofCycle: MessageKey, values: Params = {}): string {
  return t(isCycle(month) ? ofCycle : ofMonth, values);
}

/** June, as it stands after "than" and "on": without the year. */
export function monthName(month: string): string {
  if (isCycle(month)) return monthRange(month);
  return new Intl.DateTimeFormat(dateLocale(), { month: 'long', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));
}

/** 1–30 June 2026 */
function monthRange(month: string): string {
  if (isCycle(month)) return formatMonth(month);
  const first = new Date(`${month}-01T00:00:00Z`);
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0));
  return new Intl.DateTimeFormat(dateLocale(), { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).formatRange(first, last);
}

/** The period `by` periods later: 2026-06 and -1 give 2026-05, 2026-06-29 and -1 give 2026-06-01. */
export function shiftMonth(month: string, by: number): string {
  if (isCycle(month)) return new Date(Date.parse(`${month}T00:00:00Z`) + by * 28 * 86_400_000).toISOString().slice(0, 10);
  const [year = 0, number = 1] = month.split('-').map(Number);
  const index = year * 12 + number - 1 + by;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** The calendar month that an instant falls in, in a time zone. */
export function monthOf(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', { year: 'numeric', month: '2-digit', timeZone }).formatToParts(at);
  const part = (type: string): string => parts.find((item) => item.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}`;
}

/** An exact span, never rounded: 2:31, 1:04:31, 0:05.250. */
export function exactSpan(ms: number): string {
  const sign = ms < 0 ? '−' : '';
  const size = Math.abs(ms);
  const seconds = Math.floor(size / 1000);
  const rest = size % 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  const head = hours > 0 ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${sign}${head}:${two(seconds % 60)}${rest ? `.${String(rest).padStart(3, '0').replace(/0+$/, '')}` : ''}`;
}

/** 9,412 contacts, in the form that fits the number. */
export function contactsLabel(count: number): string {
  return t('common.contacts', { n: formatNumber(count) }, count);
}

/** 14,208 min; hundredths where it is not a whole minute. */
export function minutesLabel(ms: number): string {
  const minutes = ms / 60_000;
  return t('client.unit.minutes', { value: formatNumber(minutes, Number.isInteger(minutes) ? 0 : 2) });
}
