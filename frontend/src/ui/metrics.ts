import type texts from '@/locales/en/metrics.json';

/** The figures that have a definition: the same words as in docs/metrics.md. */
export type MetricKey = Exclude<keyof typeof texts, 'about'>;
export type ServiceLevelFormula = 'abandons_within_met' | 'answered_only' | 'strict' | 'short_abandons_dropped';
export const FORMULAS: ServiceLevelFormula[] = ['abandons_within_met', 'answered_only', 'strict', 'short_abandons_dropped'];
export const SERVICE_LEVEL_SECONDS = [5, 10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 300, 600] as const;
