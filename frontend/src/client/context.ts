import { computed } from 'vue';
import { useRoute, useRouter, type LocationQueryRaw } from 'vue-router';
import type { AccountRef } from '@/api/types';
import { serverClock } from '@/live/clock';
import { useSession } from '@/session';
import { monthOf, shiftMonth } from './labels';
import { usePeriods } from './queries';

const MONTHS_BACK = 12;

/**
 * Which account and month the portal shows: both live in the address, so that it can be sent and bookmarked.
 * An account the person may not see gives null, never another account.
 */
export function useClientContext() {
  const route = useRoute();
  const router = useRouter();
  const session = useSession();

  const account = computed<AccountRef | null>(() => {
    if (route.query.account === undefined) return session.accounts[0] ?? null;
    return session.account(Number(route.query.account)) ?? null;
  });
  /** By months, or by cycles of 28 days: the server knows how the account is billed. */
  const { data: periods } = usePeriods(() => account.value?.id);
  const thisMonth = computed(() => periods.value?.results[0] ?? monthOf(new Date(serverClock.now()), account.value?.time_zone ?? 'UTC'));
  const month = computed(() => {
    const wanted = String(route.query.month ?? '');
    return /^\d{4}-(0[1-9]|1[0-2])(-\d{2})?$/.test(wanted) ? wanted : thisMonth.value;
  });
  const months = computed(() => {
    const listed = Array.from({ length: MONTHS_BACK + 1 }, (_, i) => shiftMonth(thisMonth.value, -i));
    return listed.includes(month.value) ? listed : [month.value, ...listed].sort().reverse();
  });

  /** The query that keeps the account where there is a choice of several. */
  const kept = computed<LocationQueryRaw>(() => (session.accounts.length > 1 && account.value ? { account: String(account.value.id) } : {}));

  function change(query: LocationQueryRaw): void {
    void router.replace({ query: { ...route.query, ...query } });
  }
  /** A supervisor runs the floor and is told no prices; the server decides. */
  const seesMoney = computed(() => session.me?.role !== 'supervisor');
  return { seesMoney, account, month, thisMonth, months, kept, change };
}
