import { t, useArea } from '@/i18n';
import type { Notice } from '@/live/apply';
import { toast } from '@/ui/toast';

/** Tells in words what somebody else did; `open` leads to the ticket. Comes with its own texts. */
export async function tell(notice: Notice, open: (ticketId: number) => void): Promise<void> {
  await useArea('desk');
  const action = (id: number) => ({ label: t('desk.told.open'), run: () => open(id) });
  switch (notice.kind) {
    case 'ticket.whispered':
      toast(t('desk.told.whisper', { name: notice.payload.from, text: notice.payload.text }), { tone: 'accent', action: action(notice.payload.ticket_id) });
      break;
    case 'ticket.taken_over':
      toast(t('desk.told.taken', { name: notice.payload.by }), { tone: 'accent', action: action(notice.payload.ticket_id) });
      break;
    case 'presence.forced':
      toast(t('desk.told.forced', { name: notice.payload.by, reason: notice.payload.reason }), { tone: 'danger' });
      break;
    case 'transfer.changed':
      toast(t('desk.told.refused', { name: notice.payload.transfer.to?.name ?? '' }), { tone: 'accent', action: action(notice.payload.transfer.ticket_id) });
  }
}

export async function tellTaken(number: string): Promise<void> {
  await useArea('desk');
  toast(t('desk.take.done', { number }));
}
