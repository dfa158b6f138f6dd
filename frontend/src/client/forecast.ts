import { useQuery } from '@pinia/colada';
import { get } from '@/api/client';
import type { components } from '@/api/schema';
import { formatNumber } from '@/format';
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
