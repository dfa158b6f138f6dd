import { locale, t } from './i18n';

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

/** Days stand before months in all three languages; plain "en" would give the American order. */
export function dateLocale(): string {
  return locale() === 'en' ? 'en-GB' : locale();
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale()}${JSON.stringify(options)}`;
  let made = cache.get(key) as Intl.DateTimeFormat | undefined;
  if (!made) cache.set(key, (made = new Intl.DateTimeFormat(dateLocale(), options)));
  return made;
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${locale()}${JSON.stringify(options)}`;
  let made = cache.get(key) as Intl.NumberFormat | undefined;
  if (!made) cache.set(key, (made = new Intl.NumberFormat(locale(), options)));
  return made;
}

/** 12:07 in the zone of the device, or in the one given (an IANA name). */
export function formatTime(at: string | Date, timeZone?: string): string {
  return dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(at));
}

/** 12:07:31 */
export function formatTimeExact(at: string | Date, timeZone?: string): string {
  return dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(at));
}

/** 5 June 2026. A day without a time ("2026-06-05") is that day in every zone. */
export function formatDate(at: string | Date, timeZone?: string): string {
  const zone = typeof at === 'string' && at.length === 10 ? 'UTC' : timeZone;
  return dates({ day: 'numeric', month: 'long', year: 'numeric', timeZone: zone }).format(new Date(at));
}

/** 5 Jun, 12:07 */
export function formatDateTime(at: string | Date, timeZone?: string): string {
  return dates({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(at));
}

/** June 2026 of "2026-06"; 3–30 June 2026 of "2026-06-03", the first day of a cycle of 28 days. */
export function formatMonth(month: string): string {
  if (month.length > 7) {
    const first = new Date(`${month}T00:00:00Z`);
    return dates({ day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).formatRange(first, new Date(first.getTime() + 27 * 86_400_000));
  }
  return dates({ month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));
}

const CYCLE_DAYS = 28;

/** June 2026 of "2026-06"; the days of a 28-day cycle, which is named by its first: 1 – 28 June 2026 of "2026-06-01". */
export function formatPeriod(label: string): string {
  if (label.length === '2026-06'.length) return formatMonth(label);
  const first = new Date(`${label}T00:00:00Z`);
  const last = new Date(first.getTime() + (CYCLE_DAYS - 1) * 86_400_000);
  return dates({ day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).formatRange(first, last);
}

/** Today, Yesterday, or the date; `now` decides which day it is. */
export function formatDay(at: string | Date, now: Date): string {
  const day = startOfDay(new Date(at));
  const days = Math.round((startOfDay(now) - day) / 86_400_000);
  if (days === 0) return t('common.day.today');
  if (days === 1) return t('common.day.yesterday');
  return dates({ day: 'numeric', month: 'long', ...(new Date(day).getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }) }).format(day);
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** 04:31, 1:04:31; a negative span keeps its sign: −12:07. */
export function formatClock(ms: number): string {
  const total = Math.floor(Math.abs(ms) / 1000);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const tail = `${pad(minutes)}:${pad(total % 60)}`;
  return `${ms <= -1000 ? '−' : ''}${hours > 0 ? `${hours}:` : ''}${tail}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** A clock below an hour (04:31), words above it (3 h 40 min, 2 d 5 h). */
export function formatSpan(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  if (minutes < 60) return formatClock(ms);
  if (minutes < 24 * 60) return t('common.span.hours', { hours: Math.floor(minutes / 60), minutes: pad(minutes % 60) });
  return t('common.span.days', { days: Math.floor(minutes / 1440), hours: Math.floor((minutes % 1440) / 60) });
}

/** 14,208 */
export function formatNumber(value: number | string, digits = 0): string {
  return numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value as number);
}

/** 93.1% of a share between 0 and 1. */
export function formatPercent(share: number, digits = 1): string {
  return numbers({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
}

/** Money as the server sends it, a decimal string: formatted from its digits, never through a binary float. */
export function formatMoney(amount: string, currency: string, digits = 2): string {
  return numbers({
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: Math.max(digits, fractionDigits(amount) > digits ? Math.min(fractionDigits(amount), 6) : digits),
  }).format(amount as unknown as number);
}

function fractionDigits(amount: string): number {
  return amount.includes('.') ? amount.replace(/0+$/, '').split('.')[1]?.length ?? 0 : 0;
}

/** 12 KB */
export function formatBytes(size: number): string {
  if (size < 1024) return numbers({ style: 'unit', unit: 'byte', unitDisplay: 'narrow' }).format(size);
  if (size < 1024 * 1024) return numbers({ style: 'unit', unit: 'kilobyte', unitDisplay: 'short', maximumFractionDigits: 0 }).format(size / 1024);
  return numbers({ style: 'unit', unit: 'megabyte', unitDisplay: 'short', maximumFractionDigits: 1 }).format(size / 1048576);
}

/** How the digits after the country's code are grouped where people write them so; others stay as they are. */
const PHONES: [RegExp, string][] = [
  [/^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/, '+7 $1 $2-$3-$4'],
  [/^\+1(\d{3})(\d{3})(\d{4})$/, '+1 $1-$2-$3'],
  [/^\+34(\d{3})(\d{3})(\d{3})$/, '+34 $1 $2 $3'],
  [/^\+44(20|23|24|28|29)(\d{4})(\d{4})$/, '+44 $1 $2 $3'],
  [/^\+44(\d{4})(\d{6})$/, '+44 $1 $2'],
];

/** +7 916 440-22-17 of "+79164402217"; anything that is no such number comes back unchanged. */
export function formatPhone(value: string): string {
  for (const [pattern, groups] of PHONES) if (pattern.test(value)) return value.replace(pattern, groups);
  return value;
}

/** Spanish of "es", in the language shown; the tag itself when it is unknown. */
export function formatLanguage(tag: string): string {
  if (tag === '') return t('common.language.unsure');
  try {
    const name = new Intl.DisplayNames(locale(), { type: 'language' }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(locale()) + name.slice(1);
  } catch {
    return tag;
  }
}
