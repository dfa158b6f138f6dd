import { useQuery } from '@pinia/colada';
import { ref, watch, type Ref } from 'vue';
import { get } from '@/api/client';
import type { Entry, Page, Playbook, TicketCard, TicketDetail } from '@/api/types';
import type { Bill, LineContact } from './bill';
import type { Balance, Invoice, InvoiceDetail } from './invoices';
import type { Periods, PortalContact, Usage } from './types';

type Id = number | null | undefined;

/** The figures refresh while the page is looked at; a minute is fresh enough for a bill. */
const FRESH_MS = 60_000;

export function useUsage(account: () => Id, month: () => string, channel: () => string) {
  return useQuery({
    key: () => ['usage', account() ?? 0, month(), channel()],
    query: () => get<Usage>('/api/v1/portal/usage/', { account: account(), month: month(), channel: channel() }),
    enabled: () => account() !== null && account() !== undefined,
    staleTime: FRESH_MS,
  });
}

/** The periods by which an account is billed, the running one first. */
export function usePeriods(account: () => Id) {
  return useQuery({
    key: () => ['periods', account() ?? 0],
    query: () => get<Periods>('/api/v1/portal/periods/', { account: account() }),
    enabled: () => account() !== null && account() !== undefined,
    staleTime: FRESH_MS,
  });
}

export function useAccrual(account: () => Id, month: () => string) {
  return useQuery({
    key: () => ['accrual', account() ?? 0, month()],
    query: () => get<Bill>('/api/v1/accrual/', { account: account(), month: month() }),
    enabled: () => account() !== null && account() !== undefined,
    staleTime: FRESH_MS,
  });
}

export function useInvoices(account: () => Id) {
  return useQuery({
    key: () => ['invoices', account() ?? 0],
    query: () => get<Page<Invoice>>('/api/v1/invoices/', { account: account() }),
    staleTime: FRESH_MS,
  });
}

export function useBalance(account: () => Id) {
  return useQuery({
    key: () => ['balance', account() ?? 0],
    query: () => get<{ results: Balance[] }>('/api/v1/balance/', { account: account() }),
    enabled: () => account() !== null && account() !== undefined,
    staleTime: FRESH_MS,
  });
}

export function useInvoice(id: () => number) {
  return useQuery({
    key: () => ['invoice', id()],
    query: () => get<InvoiceDetail>(`/api/v1/invoices/${id()}/`),
    staleTime: FRESH_MS,
  });
}

export function useTicket(id: () => number) {
  return useQuery({ key: () => ['client-ticket', id()], query: () => get<TicketDetail>(`/api/v1/tickets/${id()}/`) });
}

export function useTimeline(id: () => number) {
  return useQuery({ key: () => ['client-timeline', id()], query: () => get<Page<Entry>>(`/api/v1/tickets/${id()}/timeline/`) });
}

export function usePlaybook(account: () => Id, language: () => string) {
  return useQuery({
    key: () => ['playbook', account() ?? 0, language()],
    query: () => get<Playbook>('/api/v1/playbook/', { account: account(), language: language() }),
    enabled: () => account() !== null && account() !== undefined,
    staleTime: FRESH_MS,
  });
}

/**
 * A list read page by page. `filters` decides what is listed; when it changes the list starts again,
 * and an answer that belongs to the former filters is dropped.
 */
export function usePages<T>(path: () => string, filters: () => Record<string, string | number | null | undefined>) {
  const rows = ref([]) as Ref<T[]>;
  const next = ref<string | null>(null);
  const loading = ref(false);
  const error = ref<unknown>(null);
  let round = 0;

  async function read(from: string | null): Promise<void> {
    const mine = ++round;
    loading.value = true;
    error.value = null;
    try {
      const page = await get<Page<T>>(path(), { ...filters(), cursor: from });
      if (mine !== round) return;
      rows.value = from === null ? page.results : [...rows.value, ...page.results];
      next.value = page.next;
    } catch (cause) {
      if (mine === round) error.value = cause;
    } finally {
      if (mine === round) loading.value = false;
    }
  }
  watch(
    () => JSON.stringify([path(), filters()]),
    () => {
      rows.value = [];
      next.value = null;
      void read(null);
    },
    { immediate: true },
  );
  return { rows, next, loading, error, more: () => read(next.value), again: () => read(rows.value.length ? next.value : null), reload: () => read(null) };
}

export const useContacts = (filters: () => Record<string, string | number | null | undefined>) => usePages<PortalContact>(() => '/api/v1/portal/interactions/', filters);
export const useTickets = (filters: () => Record<string, string | number | null | undefined>) => usePages<TicketCard>(() => '/api/v1/tickets/', filters);
export const useLineContacts = (line: () => number) => usePages<LineContact>(() => `/api/v1/invoice-lines/${line()}/contacts/`, () => ({}));
