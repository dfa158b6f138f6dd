import { shallowRef } from 'vue';
import { get } from '@/api/client';
import type { components } from '@/api/schema';
import { locale, t } from '@/i18n';

export type BreakReason = components['schemas']['OfferedReason'];
/** The reason under which the server sends somebody on a break who lets offers run out. */
const NOT_RESPONDING = 'not responding';
const reasons = shallowRef<readonly BreakReason[]>([]);

/** Reads the reasons an administrator has set; without them a break is just a break. */
export async function readReasons(): Promise<void> {
  try {
    reasons.value = (await get<{ results: BreakReason[] }>('/api/v1/break-reasons/')).results;
  } catch {
    // what was read before stays
  }
}

/** What an operator chooses from; there is always something. */
export function offeredReasons(): string[] {
  const offered = reasons.value.filter((one) => one.is_active).map((one) => one.reason);
  return offered.length > 0 ? offered : ['break'];
}

/** A reason in the words of the person's language, else in English; a telephone's own reason as it is. */
export function reasonName(reason: string): string {
  if (reason === NOT_RESPONDING) return t('console.presence.not_responding');
  const known = reasons.value.find((one) => one.reason.toLowerCase() === reason.toLowerCase());
  return known?.labels[locale()] ?? known?.labels.en ?? (reason === 'break' ? t('console.presence.break') : reason);
}
