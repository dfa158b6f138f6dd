import type { Channel } from '@/api/types';

/** The shapes of /api/v1/portal/: milliseconds are whole, shares are whole thousandths, money is a decimal string. */
export interface Usage {
  account_id: number;
  month: string;
  time_zone: string;
  currency: string;
  as_of: string;
  starts_at: string;
  ends_at: string;
  complete: boolean;
  contacts: { value: number; before: number; change_permille: number | null };
  answering: {
    threshold_s: number;
    answered: number;
    abandoned: number;
    in_time_permille: number | null;
    before_permille: number | null;
    average_wait_ms: number | null;
    before_wait_ms: number | null;
  };
  cost: { net: string; gross: string; currency: string; before_net: string | null } | null;
  days: UsageDay[];
  heat: number[][];
  busiest: { weekday: number; hour: number; contacts: number } | null;
}

export interface UsageDay {
  on: string;
  counts: Partial<Record<Channel, number>>;
  in_time_permille: number | null;
  average_wait_ms: number | null;
}

/** One handled unit, or a call that nobody took (`id` tells them apart: i17, c42). */
export interface PortalContact {
  id: string;
  started_at: string;
  ended_at: string | null;
  channel: Channel;
  direction: 'in' | 'out';
  contact: { name: string; point: string } | null;
  operator: string | null;
  outcome: string;
  disposition: string | null;
  ticket: { id: number; number: string; subject: string } | null;
  wait_ms: number | null;
  times: TimeClasses;
  cost: { amount: string; currency: string } | null;
}

export interface TimeClasses {
  talk_ms: number;
  hold_ms: number;
  wrap_ms: number;
  focus_ms: number;
  open_ms: number;
}
