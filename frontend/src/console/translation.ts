import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { ApiError, get, post } from '@/api/client';
import type { TicketDetail, TicketTranslations } from '@/api/types';
import { locale } from '@/i18n';
import { useLive } from './live';

export type Told = TicketTranslations['results'][number];

/** `en-GB` and `en` are one language to a reader. */
export function sameLanguage(one: string, other: string): boolean {
  return one.split('-')[0]!.toLowerCase() === other.split('-')[0]!.toLowerCase();
}

/** The ticket's messages in the reader's language: by itself where routing relies on it, else when asked for. */
export const useTranslation = defineStore('translation', () => {
  const live = useLive();
  const ticket = shallowRef<Pick<TicketDetail, 'id' | 'language' | 'bridge'> | null>(null);
  const answer = shallowRef<{ ticketId: number; said: TicketTranslations } | null>(null);
  const byHand = ref(new Map<number, boolean>());
  const problem = ref('');

  const said = computed(() => (ticket.value && answer.value?.ticketId === ticket.value.id ? answer.value.said : null));
  /** It can be done: the client agrees, a service is set up, and the contact writes in another language. */
  const possible = computed(() => !!ticket.value?.language && !sameLanguage(ticket.value.language, locale()) && (said.value?.is_allowed ?? false));
  const active = computed(() => possible.value && (byHand.value.get(ticket.value!.id) ?? ticket.value!.bridge === 'machine'));
  const told = computed(() => new Map((said.value?.results ?? []).map((one) => [one.message_id, one])));

  async function read(asks: boolean): Promise<void> {
    const one = ticket.value;
    if (!one) return;
    try {
      const path = `/api/v1/tickets/${one.id}/translations/`;
      const got = asks ? await post<TicketTranslations>(path, { language: locale() }) : await get<TicketTranslations>(path, { language: locale() });
      answer.value = { ticketId: one.id, said: got };
      problem.value = '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // The originals are on screen; what is missing is asked for again with the next event.
      problem.value = error.offline ? '' : error.message;
    }
  }

  /** The ticket in the middle, whenever it is read anew. */
  async function follow(detail: Pick<TicketDetail, 'id' | 'language' | 'bridge'>): Promise<void> {
    ticket.value = detail;
    if (!detail.language || sameLanguage(detail.language, locale())) return;
    await read(active.value);
    // Only now is it known whether it may be done.
    if (active.value && !asked()) await read(true);
  }
  const asked = (): boolean => (said.value?.results ?? []).some((one) => one.is_machine);

  async function choose(on: boolean): Promise<void> {
    if (!ticket.value) return;
    byHand.value = new Map(byHand.value).set(ticket.value.id, on);
    if (on) await read(true);
  }

  /** Tries a message once more whose translation failed. */
  async function again(messageId: number): Promise<void> {
    await post(`/api/v1/messages/${messageId}/translations/`, { language: locale() });
    await read(false);
  }

  live.onRefresh(async (name) => {
    if (ticket.value && name === `timeline:${ticket.value.id}` && active.value) await read(true);
  });

  const of = (messageId: number): Told | null => (active.value ? (told.value.get(messageId) ?? null) : null);
  return { possible, active, problem, follow, choose, again, of };
});
