import { computed, nextTick, ref, watch, type Ref } from 'vue';
import { t } from '@/i18n';
import { useLive } from './live';
import { contactName } from './look';
import { useTicket } from './ticket';

/** What is read out when a message arrives in a ticket that is open with the operator, shown or not. */
export function useArrivals(ticketId: () => number | null): Ref<string> {
  const live = useLive();
  const ticket = useTicket();
  const said = ref('');

  async function announce(name: string): Promise<void> {
    // The same words twice are read out only when they went away in between.
    said.value = '';
    await nextTick();
    said.value = t('console.timeline.arrived', { name });
  }
  watch(
    () => live.arrived,
    (arrival) => {
      const card = live.open.find((item) => item.id === arrival?.ticketId);
      if (card && card.id !== ticketId()) void announce(contactName(card));
    },
  );
  const newest = computed(() => ticket.rows?.findLast((row) => row.direction === 'in' && row.type === 'message')?.key ?? null);
  watch([ticketId, () => ticket.rows === null, newest], ([id, blank, key], [before, wasBlank, old]) => {
    // Not when another ticket is opened: its messages are read, not announced.
    if (id === before && !blank && !wasBlank && key !== null && key !== old && ticket.detail?.id === id) void announce(contactName(ticket.detail));
  });
  return said;
}
