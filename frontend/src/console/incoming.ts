import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue';
import { useRouter } from 'vue-router';
import { ApiError } from '@/api/client';
import { formatPhone } from '@/format';
import { t } from '@/i18n';
import { useSession } from '@/session';
import { toast } from '@/ui/toast';
import { useLive } from './live';
import { accountName, contactName } from './look';
import { ring } from './ring';

interface Incoming {
  /** What is read out at once: an offer, a ringing telephone. */
  said: Ref<string>;
  accept: () => Promise<void>;
  pass: () => Promise<void>;
}

/** An offer and a ringing telephone: told once, never in the way; the page's title tells of them too. */
export function useIncoming(isAtWork: () => boolean): Incoming {
  const live = useLive();
  const session = useSession();
  const router = useRouter();
  const said = ref('');
  let stopRinging: () => void = () => undefined;
  onBeforeUnmount(() => stopRinging());

  const offerTitle = computed(() => (live.offer ? t(`console.offer.title.${live.offer.channel}`) : ''));
  watch(
    () => live.offer?.id,
    (id) => {
      stopRinging();
      stopRinging = () => undefined;
      if (!id || !live.offer) {
        said.value = '';
        return;
      }
      const facts = { title: offerTitle.value, name: contactName(live.offer.ticket), account: accountName(session.accounts, live.offer.ticket.account_id) };
      said.value = t('console.offer.announce', facts);
      stopRinging = ring(facts.title, `${facts.name} · ${facts.account}`);
    },
    { immediate: true },
  );
  watch(
    [offerTitle, () => live.open.reduce((sum, card) => sum + card.unread, 0)],
    ([title, unread]) => {
      document.title = title ? t('console.offer.page', { title }) : `${unread > 0 ? `(${unread}) ` : ''}${t('console.title')}`;
    },
    { immediate: true },
  );

  // The telephone rings by itself; the caller's ticket comes to the front unless another is at work.
  watch(
    () => live.ringing?.call_id,
    (id) => {
      if (!id || !live.ringing) return;
      said.value = t('console.phone.announce', { name: live.ringing.name || formatPhone(live.ringing.number) || t('console.phone.withheld'), account: accountName(session.accounts, live.ringing.account_id) });
      if (!isAtWork()) void router.push({ name: 'console', params: { ticket: live.ringing.ticket_id } });
    },
  );

  function explain(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.offline) toast(t('common.error.offline_text'), { tone: 'danger' });
    else if (error.status === 409 || error.status === 404) toast(error.code.includes('capacity') ? t('console.offer.capacity') : t('console.offer.gone'), { tone: 'accent' });
    else toast(error.message, { tone: 'danger' });
  }
  async function accept(): Promise<void> {
    try {
      const id = await live.accept();
      if (id !== null) await router.push({ name: 'console', params: { ticket: id } });
    } catch (error) {
      explain(error);
    }
  }
  async function pass(): Promise<void> {
    try {
      await live.decline();
    } catch (error) {
      explain(error);
    }
  }
  return { said, accept, pass };
}
