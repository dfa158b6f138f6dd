import { flushPromises, mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { PiniaColada } from '@pinia/colada';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InvoiceDetail } from '@/client/invoices';
import { bill, me } from '@/client/fixtures';
import { i18n, useArea } from '@/i18n';
import { useSession } from '@/session';
import CreditDialog from './CreditDialog.vue';
import PaymentsTable from './PaymentsTable.vue';

const invoice = { ...bill, id: 7, number: 'INV-2026-00007', account: 1, credited: '0.00', kind: 'invoice' } as unknown as InvoiceDetail;
const sent: { path: string; body: unknown }[] = [];

beforeEach(async () => {
  sent.length = 0;
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname;
    const body = request.method === 'GET' ? null : request.headers.get('content-type')?.includes('json') ? await request.json() : 'form';
    if (request.method !== 'GET') sent.push({ path, body });
    const answer = request.method === 'GET' ? { results: [{ id: 3, source: 'csv', amount: '5.00', currency: 'EUR', paid_on: '2026-07-01', payer: 'Nobody', reference: '?', account: null, account_name: null }], next: null } : { number: 'CN-2026-00001' };
    return new Response(JSON.stringify(answer), { status: 200, headers: { 'content-type': 'application/json' } });
  });
  setActivePinia(createPinia());
  useSession().me = { ...me, role: 'billing_admin' };
  await useArea('client');
  await useArea('admin');
});
afterEach(() => vi.unstubAllGlobals());
const mounted = (component: unknown, props: object = {}) => mount(component as never, { props: props as never, attachTo: document.body, global: { plugins: [i18n, createPinia(), PiniaColada], stubs: { RouterLink: true } } });

test('a credit note takes back the amounts of the lines that were filled in', async () => {
  mounted(CreditDialog, { open: true, invoice });
  await flushPromises();
  const fields = [...document.querySelectorAll<HTMLInputElement>('.dialog input')];
  const reason = fields.find((field) => field.maxLength === 500)!;
  const amounts = fields.filter((field) => field.inputMode === 'decimal');
  expect(amounts).toHaveLength(2);
  reason.value = 'Agreed';
  reason.dispatchEvent(new Event('input'));
  amounts[0]!.value = '0.50';
  amounts[0]!.dispatchEvent(new Event('input'));
  document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
  await flushPromises();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toEqual({ path: '/api/v1/invoices/7/credit-notes/', body: { reason_code: 'goodwill', reason: 'Agreed', lines: [{ position: 1, amount: '0.50' }] } });
});

test('a payment of nobody can be matched', async () => {
  const page = mounted(PaymentsTable);
  await flushPromises();
  await vi.waitFor(() => expect(page.text()).toContain('Unmatched'));
  await page.findAll('button').find((button) => button.text() === 'Match')!.trigger('click');
  await flushPromises();
  expect(document.body.textContent).toContain('Whose payment is this?');
});
