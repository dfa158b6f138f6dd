import { BellOff, CirclePause, Coffee, Headset, MessageCircle, Phone, Power, TimerReset, Unplug } from '@lucide/vue';
import type { Component } from 'vue';
import type { AccountRef, ConsoleSnapshot, TicketCard } from '@/api/types';
import { formatPhone } from '@/format';
import { t } from '@/i18n';
import type { Tone } from '@/ui/Tag.vue';
import { reasonName } from './reasons';

interface PresenceLook {
  tone: Tone;
  icon: Component;
  label: string;
  since: string | null;
}

/** What the operator is doing, in one word, a shape and a colour: presence first, then the engagement within it. */
export function presenceLook(snapshot: ConsoleSnapshot): PresenceLook {
  const { presence, open, offer, wrapping } = snapshot;
  const engaged = open.filter((card) => card.assignment_state !== null && card.assignment_state !== 'wrapping');
  const held = engaged.length > 0 && engaged.every((card) => card.assignment_state === 'held');
  const call = engaged.find((card) => card.channel === 'voice');
  if (presence.state === 'offline') return { tone: 'off', icon: Power, label: t('console.presence.offline'), since: presence.since };
  if (presence.state === 'lost') return { tone: 'danger', icon: Unplug, label: t('console.presence.lost'), since: presence.since };
  if (held) return { tone: 'hold', icon: CirclePause, label: t('console.presence.held'), since: engaged[0]?.since ?? presence.since };
  if (call) return { tone: 'talk', icon: Phone, label: t('console.presence.call'), since: call.since ?? presence.engagement_since ?? presence.since };
  const told = snapshot.calls[0];
  if (told) return { tone: 'talk', icon: Phone, label: t('console.presence.call'), since: told.since };
  if (presence.engagement === 'not_responding') return { tone: 'danger', icon: BellOff, label: t('console.presence.not_responding'), since: presence.since };
  if (presence.state === 'break') return { tone: 'wrap', icon: Coffee, label: presence.reason ? reasonName(presence.reason) : t('console.presence.break'), since: presence.since };
  const since = presence.engagement_since ?? presence.since;
  if (offer) return { tone: 'ring', icon: Headset, label: t('console.presence.offered'), since: offer.offered_at };
  if (engaged.length > 0) return { tone: 'talk', icon: MessageCircle, label: t('console.presence.busy'), since };
  if (wrapping.length > 0) return { tone: 'wrap', icon: TimerReset, label: t('console.presence.wrap'), since: wrapping[0]?.started_at ?? since };
  return { tone: 'ready', icon: Headset, label: t('console.presence.ready'), since };
}

/** The person by name, else by where they wrote from. */
export function contactName(card: Pick<TicketCard, 'contact'>): string {
  return card.contact?.name || formatPhone(card.contact?.point ?? '') || t('console.list.unknown');
}

export function accountName(accounts: readonly AccountRef[], id: number): string {
  return accounts.find((account) => account.id === id)?.name ?? '';
}
