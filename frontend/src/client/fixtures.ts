/** Typed examples for the tests of the portal: one month, one bill, round numbers that can be checked by hand. */
import type { AccountRef, Me } from '@/api/types';
import type { Bill } from './bill';
import type { Alert } from './alerts';
import type { Forecast, Rounding } from './forecast';
import type { PortalContact, Usage } from './types';

export const account: AccountRef = { id: 1, name: 'Azul Pay', slug: 'azul-pay', brand_color: '#3350C4', time_zone: 'Europe/Madrid', currency: 'EUR', language: 'es', ticket_prefix: 'AZ' };

export const me: Me = {
  id: 1,
  email: 'ines@example.org',
  full_name: 'Inés Vidal',
  role: 'client_viewer',
  language: 'en',
  operator_id: null,
  accounts: [account],
  server_time: '2026-06-30T12:00:00Z',
  live_cursor: '1-1',
};

export const usage: Usage = {
  cycle: 'month',
  account_id: 1,
  month: '2026-06',
  time_zone: 'Europe/Madrid',
  currency: 'EUR',
  as_of: '2026-06-02T12:00:00Z',
  starts_at: '2026-05-31T22:00:00Z',
  ends_at: '2026-06-30T22:00:00Z',
  complete: false,
  contacts: { value: 9, before: 12, change_permille: -250 },
  answering: { threshold_s: 20, formula: 'abandons_within_met', target_percent: 80, answered: 5, abandoned: 1, in_time_permille: 831, before_permille: 811, average_wait_ms: 23_400, before_wait_ms: 31_000 },
  figures: { abandonment: { value: 167, before: 200 }, aht: { value: 245_000, before: 200_000 }, transfers: { value: 40, before: null }, fcr: { value: null, before: 900 }, csat: { value: 950, before: 950 } },
  cost: { net: '12905.63', gross: '15615.81', currency: 'EUR', before_net: null },
  days: [
    { on: '2026-06-01', counts: { voice: 4, chat: 2 }, in_time_permille: 800, average_wait_ms: 20_000 },
    { on: '2026-06-02', counts: { voice: 3 }, in_time_permille: 900, average_wait_ms: 30_000 },
    { on: '2026-06-03', counts: {}, in_time_permille: null, average_wait_ms: null },
  ],
  heat: Array.from({ length: 7 }, (_, day) => Array.from({ length: 24 }, (_, hour) => (day === 0 && hour === 11 ? 6 : day === 1 && hour === 9 ? 3 : 0))),
  busiest: { weekday: 0, hour: 11, contacts: 6 },
};

export const bill: Bill = {
  currency: 'EUR',
  lines: [
    {
      position: 1,
      kind: 'usage',
      code: 'voice',
      name: 'Phone',
      segment: '',
      tax: 'vat',
      amount: '1.20',
      explanation: {
        kind: 'usage',
        exact: '1.2',
        amount: '1.20',
        unit: 'ms',
        rate: '0.6',
        rate_per: 'minute',
        channels: ['voice'],
        contacts: 1,
        raw: 61_000,
        waived: 0,
        rounding: 59_000,
        billed: 120_000,
        included: 0,
        charged: 120_000,
        time_rounding: '60/60',
        raw_ms_by_class: { talk: 50_000, wrap: 11_000 },
        rounding_percent: '96.7',
      },
    },
    { position: 2, kind: 'recurring', code: 'plan', name: 'Plan', segment: '', tax: 'vat', amount: '10.00', explanation: { kind: 'recurring', exact: '10', amount: '10.00', fee: '10', prorated: true, share_of_period: '1' } },
  ],
  taxes: [{ code: 'vat', category: 'S', percent: '21', base: '11.20', amount: '2.35' }],
  net: '11.20',
  tax: '2.35',
  total: '13.55',
  unpriced: 0,
};

export const contact: PortalContact = {
  id: 'i17',
  started_at: '2026-06-30T22:30:00Z',
  ended_at: '2026-06-30T22:33:00Z',
  channel: 'voice',
  direction: 'in',
  contact: { name: 'Lucía Romero', point: '+34600120001' },
  operator: 'Anna Kovacs',
  outcome: 'answered',
  disposition: null,
  ticket: { id: 5, number: 'AZ-1042', subject: 'Refund' },
  wait_ms: 12_345,
  times: { talk_ms: 121_500, hold_ms: 0, wrap_ms: 31_250, focus_ms: 0, open_ms: 0 },
  cost: { amount: '1.20', currency: 'EUR' },
};

export const forecast: Forecast = {
  account: 1,
  period: '2026-06',
  period_start: '2026-06-01',
  period_end: '2026-07-01',
  as_of: '2026-06-15T22:00:00Z',
  state: 'ready',
  reason: '',
  currency: 'EUR',
  so_far: '30.00',
  expected: '50.00',
  low: '44.00',
  high: '58.50',
  expected_total: '60.50',
  band_percent: 80,
  back_tests: 94,
  history_days: 151,
  history_days_needed: 28,
  lines: [{ kind: 'usage', code: 'voice', name: 'Phone', segment: '', so_far: '20.00', expected: '40.00' }],
  included: [{ code: 'voice', name: 'Phone', unit: 'ms', allowance: 4_800_000, used: 3_600_000, expected: 7_200_000, is_used_up: false, runs_out_on: '2026-06-21', earliest: '2026-06-19', latest: '2026-06-24' }],
  prepaid: [],
  minimum: { name: 'Minimum', commitment: '20.00', so_far: '0.00', expected: '40.00' },
};

export const rounding: Rounding = {
  currency: 'EUR',
  net: '3.00',
  unrounded: '1.43',
  cost: '1.57',
  raw_ms: 146_000,
  added_ms: 94_000,
  waived_ms: 0,
  lines: [{ kind: 'usage', code: 'voice', name: 'Phone', segment: '', amount: '3.00', unrounded: '1.43', cost: '1.57', exact_cost: '47/30', raw_ms: 146_000, added_ms: 94_000, waived_ms: 0 }],
};

export const alert: Alert = {
  id: 3,
  at: '2026-06-15T22:00:00Z',
  period: '2026-06',
  measure: 'included',
  moment: 'expected',
  percent: 100,
  name: 'Phone',
  unit: 'ms',
  currency: 'EUR',
  now: '3600000',
  of: '4800000',
  expected: '7200000',
  runs_out_on: '2026-06-21',
  is_prepaid: false,
  is_seen: false,
};
