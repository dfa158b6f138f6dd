import { useQuery } from '@pinia/colada';
import { get } from '@/api/client';
import type { Page } from '@/api/types';
import type { components } from '@/api/schema';
import { formatDate, formatMoney } from '@/format';
import { t } from '@/i18n';
import { unitsLabel } from './forecast';

type Schemas = components['schemas'];
/** The shapes of /api/v1/alerts/ and /alert-rules/; figures are decimal strings, or whole units of `unit`. */
export type Alert = Schemas['Alert'];
export type AlertRule = Schemas['AlertRule'];

const FRESH_MS = 60_000;

/** What this person has not seen yet; looked for each minute while the page is open. */
export function useUnseenAlerts(account: () => number | null | undefined, enabled: () => boolean) {
  return useQuery({
    key: () => ['alerts-unseen', account() ?? 0],
    query: () => get<Page<Alert>>('/api/v1/alerts/', { account: account(), unseen: true }),
    enabled: () => enabled() && account() !== null && account() !== undefined,
    staleTime: FRESH_MS,
  });
}

export function useAlertRules(account: () => number) {
  return useQuery({ key: () => ['alert-rules', account()], query: () => get<{ results: AlertRule[] }>('/api/v1/alert-rules/', { account: account() }), staleTime: FRESH_MS });
}

function figure(alert: Alert, value: string | null): string {
  if (value === null) return '—';
  return alert.unit ? unitsLabel(Number(value), alert.unit) : formatMoney(value, alert.currency);
}

/** What happened, in a sentence. */
export function alertLabel(alert: Alert): string {
  const params = { percent: alert.percent, name: alert.name, now: figure(alert, alert.now), of: figure(alert, alert.of), expected: figure(alert, alert.expected) };
  if (alert.is_prepaid) return t(`client.alerts.told.prepaid_${alert.moment}`, params);
  return t(`client.alerts.told.${alert.measure}_${alert.moment}`, params);
}

/** When included units, or those bought ahead, run out, where an alert says so. */
export function alertDay(alert: Alert): string {
  return alert.runs_out_on ? t('client.forecast.runs_out', { date: formatDate(`${alert.runs_out_on}T00:00:00Z`, 'UTC') }) : '';
}

export function ruleLabel(rule: AlertRule, currency: string): string {
  const what = rule.measure === 'amount' && rule.amount !== null ? formatMoney(rule.amount, currency) : t(`client.alerts.of.${rule.measure}`);
  return t(`client.alerts.rule.${rule.moment}`, { percent: rule.percent, what });
}
