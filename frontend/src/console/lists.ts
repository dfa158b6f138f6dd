import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';
import { get } from '@/api/client';
import type { Page, TicketCard } from '@/api/types';
import { useLive } from './live';

export const VIEWS = ['queue', 'mine', 'team', 'later'] as const;
export type View = (typeof VIEWS)[number];

/** The list under the tabs Queue, Mine and Team. */
export const useLists = defineStore('lists', () => {
  const live = useLive();
  const view = ref<View>('queue');
  const account = ref<number | null>(null);
  const cards = shallowRef<TicketCard[] | null>(null);
  const next = ref<string | null>(null);
  const error = shallowRef<unknown>(null);
  const loadingMore = ref(false);
  let asked = 0;

  async function read(): Promise<void> {
    const ask = ++asked;
    try {
      const page = await get<Page<TicketCard>>('/api/v1/tickets/', { view: view.value, account: account.value });
      if (ask !== asked) return;
      cards.value = page.results;
      next.value = page.next;
      error.value = null;
    } catch (problem) {
      if (ask !== asked) return;
      // A list that is shown stays when a refresh fails; an empty place says why it is empty.
      if (cards.value === null) error.value = problem;
      throw problem;
    }
  }

  async function more(): Promise<void> {
    if (!next.value || loadingMore.value) return;
    loadingMore.value = true;
    try {
      const page = await get<Page<TicketCard>>('/api/v1/tickets/', { view: view.value, account: account.value, cursor: next.value });
      const known = new Set(cards.value?.map((card) => card.id));
      cards.value = [...(cards.value ?? []), ...page.results.filter((card) => !known.has(card.id))];
      next.value = page.next;
    } finally {
      loadingMore.value = false;
    }
  }

  watch([view, account], () => {
    cards.value = null;
    void read().catch(() => undefined);
  });
  live.onRefresh(async (name) => {
    if (name === 'lists') await read();
  });

  return { view, account, cards, next, error, loadingMore, read, more };
});
