import type { components } from '@/api/schema';
import type { Tone } from '@/ui/Tag.vue';
import type { BillLine } from './bill';

type Schemas = components['schemas'];
/** The shapes of /api/v1/invoices/, /disputes/ and /balance/. */
export type Invoice = Schemas['InvoiceRow'];
export type InvoiceDetail = Omit<Schemas['Invoice'], 'lines'> & { lines: BillLine[] };
export type Dispute = Schemas['Dispute'];
export type Balance = Schemas['Money'];

export function statusTone(status: Invoice['status']): Tone {
  return status === 'issued' ? 'ready' : status === 'approved' ? 'accent' : 'wrap';
}

export function paymentTone(state: Invoice['payment_state']): Tone {
  const tones: Record<Invoice['payment_state'], Tone> = { draft: 'off', open: 'wrap', partly_paid: 'wrap', paid: 'ready', credited: 'off', overdue: 'danger' };
  return tones[state];
}

export function disputeTone(state: Dispute['state']): Tone {
  const tones: Record<Dispute['state'], Tone> = { open: 'danger', answered: 'wrap', credited: 'ready', rejected: 'off' };
  return tones[state];
}

export const isOpenDispute = (state: Dispute['state']): boolean => state === 'open' || state === 'answered';
