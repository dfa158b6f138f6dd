import type { components } from '@/api/schema';
import type { Tone } from '@/ui/Tag.vue';
import type { BillLine } from './bill';

/** The shapes of /api/v1/invoices/. */
export type Invoice = components['schemas']['InvoiceRow'];
export type InvoiceDetail = Omit<components['schemas']['Invoice'], 'lines'> & { lines: BillLine[] };

export function statusTone(status: Invoice['status']): Tone {
  return status === 'issued' ? 'ready' : 'wrap';
}
