import { useQuery } from '@pinia/colada';
import { get } from '@/api/client';
import type { components } from '@/api/schema';
import { formatDate, formatNumber } from '@/format';
import { t } from '@/i18n';
import type { Tone } from '@/ui/Tag.vue';
import { minutesLabel } from './labels';

type Schemas = components['schemas'];
/** The shapes of /api/v1/forecast/ and of what rounding cost; amounts are decimal strings. */
export type Forecast = Schemas['Forecast'];
export type Included = Schemas['Included'];
export type Rounding = Schemas['Rounding'];

const FRESH_MS = 60_000;

export function useForecast(account: () => number, month: () => string) {
  return useQuery({
    key: () => ['forecast', account(), month()],
    query: () => get<Forecast>('/api/v1/forecast/', { account: account(), month: month() }),
    staleTime: FRESH_MS,
  });
}

/** What rounding cost: of a running month, or on an invoice. */
export function useRounding(path: () => string, query: () => Record<string, string | number>) {
  return useQuery({ key: () => ['rounding', path(), JSON.stringify(query())], query: () => get<Rounding>(path(), query()), staleTime: FRESH_MS });
}

/** Included units as people count them: minutes, or a number. */
export function unitsLabel(value: number, unit: string): string {
  return unit === 'ms' ? minutesLabel(Math.round(value / 60_000) * 60_000) : formatNumber(value);
}

/** Where an amount stands on a scale from 0 to the largest shown, in percent for drawing only. */
export function place(amount: string | null, most: number): number {
  return amount === null || most <= 0 ? 0 : Math.min(100, Math.max(0, (Number(amount) / most) * 100));
}

/** When units are expected to be used up, as the server tells it of what the plan includes and of what was bought ahead. */
type Days = { runs_out_on: string | null; earliest: string | null; latest: string | null };
const day = (on: string): string => formatDate(`${on}T00:00:00Z`, 'UTC');

/** What becomes of units by the end of the period. */
export function fate(item: Days & { is_used_up: boolean }): { text: string; tone: Tone } {
  if (item.is_used_up) return { text: item.runs_out_on ? t('client.forecast.used_up', { date: day(item.runs_out_on) }) : t('client.forecast.used_up_now'), tone: 'danger' };
  if (item.runs_out_on) return { text: t('client.forecast.runs_out', { date: day(item.runs_out_on) }), tone: 'wrap' };
  if (item.earliest) return { text: t('client.forecast.may_run_out', { date: day(item.earliest) }), tone: 'wrap' };
  return { text: t('client.forecast.lasts'), tone: 'ready' };
}
/** Between which days they are used up, where that is known. */
export function between(item: Days): string {
  if (!item.runs_out_on || !item.earliest) return '';
  return item.latest ? t('client.forecast.between', { from: day(item.earliest), to: day(item.latest) }) : t('client.forecast.from', { from: day(item.earliest) });
}
