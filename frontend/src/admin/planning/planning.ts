import { useQuery } from '@pinia/colada';
import type { components } from '@/api/schema';
import { get } from '@/api/client';

export type Planning = components['schemas']['Planning'];
/** As typed: an empty field is not asked. */
export interface PlanningQuery {
  queue: number[];
  apart: 'queue' | 'account';
  channel: string;
  weeks: number;
  time_zone: string;
  target_percent: string;
  within_s: string;
  aht_s: string;
  patience_s: string;
  shrinkage_percent: string;
  occupancy_percent: string;
  operators: string;
}

/** The address of the question; a list is its name repeated. */
function planningPath(asked: PlanningQuery): string {
  const query = new URLSearchParams();
  for (const id of asked.queue) query.append('queue', String(id));
  for (const [name, value] of Object.entries(asked)) if (name !== 'queue' && value !== '') query.append(name, String(value));
  return `/api/v1/admin/planning/?${query.toString()}`;
}

export function usePlanning(asked: () => PlanningQuery) {
  return useQuery({ key: () => ['admin', 'planning', planningPath(asked())], query: () => get<Planning>(planningPath(asked())), staleTime: 60_000, placeholderData: (before?: Planning) => before });
}
