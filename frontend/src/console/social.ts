import { useQuery } from '@pinia/colada';
import { computed, watch } from 'vue';
import { get } from '@/api/client';
import type { SocialState, TicketDetail } from '@/api/types';
import { now } from '@/live/clock';

/** How near the limit of a network's text the count is shown, and how near its close the window is pointed out. */
const NEAR_LIMIT = 0.8;
const CLOSES_SOON_MS = 2 * 3600 * 1000;

interface Limit {
  left: number;
  shown: boolean;
}

/** How much of a network's limit is left; networks count characters, not the halves of a surrogate pair. */
export function textLimit(text: string, max: number | null): Limit | null {
  if (max === null) return null;
  const used = [...text.trim()].length;
  return { left: max - used, shown: used >= max * NEAR_LIMIT };
}

/** `closed` needs a template; `soon` closes within two hours; `free` has no window. */
export function windowState(state: Pick<SocialState, 'is_open' | 'open_until'>, at: number): 'free' | 'open' | 'soon' | 'closed' {
  if (state.open_until === null) return state.is_open ? 'free' : 'closed';
  const left = Date.parse(state.open_until) - at;
  if (left <= 0) return 'closed';
  return left <= CLOSES_SOON_MS ? 'soon' : 'open';
}

const PLACE = /\{\{\s*(\d{1,2})\s*\}\}/g;

/** The template's text with what is filled in so far; an empty place keeps its number. */
export function filledIn(body: string, parameters: readonly string[]): string {
  return body.replace(PLACE, (place, number: string) => parameters[Number(number) - 1]?.trim() || place);
}

/** What the ticket's network takes now; asked again whenever something happens on the ticket. */
export function useSocial(detail: () => TicketDetail, enabled: () => boolean) {
  const { data, error, refetch } = useQuery({
    key: () => ['social of ticket', detail().id],
    query: () => get<SocialState>(`/api/v1/tickets/${detail().id}/social/`),
    enabled,
    staleTime: 30_000,
  });
  watch(
    () => detail().last_activity_at,
    () => enabled() && void refetch(),
  );
  const state = computed(() => (data.value?.provider ? windowState(data.value, now.value) : null));
  return { social: data, error, refetch, state };
}
