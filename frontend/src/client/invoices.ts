import type { Tone } from '@/ui/Tag.vue';
import type { Bill } from './bill';

/** The shapes of /api/v1/invoices/. */
export interface Invoice {
  id: number;
  account: number;
  number: string | null;
  status: 'draft' | 'issued';
  period: string;
  period_start: string;
  period_end: string;
  issued_at: string | null;
  due_on: string | null;
  currency: string;
  net: string;
  tax: string;
  total: string;
}

export type InvoiceDetail = Invoice & Bill & { tariff_name?: string };

export function statusTone(status: Invoice['status']): Tone {
  return status === 'issued' ? 'ready' : 'wrap';
}
