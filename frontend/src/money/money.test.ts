import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia, type Pinia } from 'pinia';
import { PiniaColada } from '@pinia/colada';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemoryHistory, createRouter } from 'vue-router';
import { me } from '@/client/fixtures';
import { clientRoutes } from '@/client/routes';
import { i18n } from '@/i18n';
import { useSession } from '@/session';
import AddOns from './AddOns.vue';
import DeliveriesCard from './DeliveriesCard.vue';
import Prepaid from './Prepaid.vue';
import ProfileForm from './ProfileForm.vue';
import QuoteVariance from './QuoteVariance.vue';
import Wallet from './Wallet.vue';

const addOn = {
  id: 3, account: 1, account_name: 'Azul Pay', reference: 'AO-00003', kind: 'recurring', code: '', name: 'Evening line', description: '', quantity: '2', amount: '45.00', currency: 'EUR',
  tax_code: 'vat', prorate: true, starts_on: '2026-06-16', ends_on: null, state: 'proposed', proposed_side: 'house', proposed_at: '2026-06-01T10:00:00Z', proposed_by: 'Bo', decided_at: null,
  decided_by: null, reason: '', prepaid: null, invoices: [], may_decide: true, may_withdraw: false, may_end: false,
};
let answers: Record<string, unknown>;
let pinia: Pinia;
let page: VueWrapper;
let sent: { path: string; body: unknown }[];

beforeEach(() => {
  sent = [];
  answers = { '/api/v1/add-ons/': { results: [addOn], next: null } };
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname;
    if (request.method !== 'GET') sent.push({ path, body: request.headers.get('content-type')?.includes('json') ? await request.json() : null });
    return new Response(JSON.stringify(answers[path] ?? {}), { status: 200, headers: { 'content-type': 'application/json' } });
  });
  pinia = createPinia();
  setActivePinia(pinia);
  useSession().me = { ...me, role: 'client_admin' };
});
afterEach(() => {
  page.unmount();
  vi.unstubAllGlobals();
});
async function shown(component: unknown, props: object): Promise<VueWrapper> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: { render: () => null } }, ...clientRoutes] });
  page = mount(component as never, { props: props as never, attachTo: document.body, global: { plugins: [i18n, pinia, PiniaColada, router] } });
  await flushPromises();
  return page;
}
const press = async (text: string): Promise<void> => {
  [...document.querySelectorAll('button')].findLast((button) => button.textContent?.trim() === text)!.click();
  await flushPromises();
};
const submit = async (): Promise<void> => {
  document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
  await flushPromises();
};

test('a client approves what the house proposed, and reads the price first', async () => {
  await shown(AddOns, { accountId: 1 });
  await vi.waitFor(() => expect(page.text()).toContain('Waits for you'));
  expect(page.text()).toContain('2 × €45.00 a period');
  await press('Approve');
  expect(document.body.textContent).toContain('Evening line: 2 × €45.00 a period');
  await submit();
  await vi.waitFor(() => expect(sent).toEqual([{ path: '/api/v1/add-ons/3/approve/', body: {} }]));
});

test('a proposal of a fee of its own carries amount and tax category', async () => {
  answers['/api/v1/add-ons/choices/'] = { currency: 'EUR', choices: [], taxes: [{ code: 'vat', percent: '21' }], rates: [{ code: 'phone', name: 'Phone', unit: 'minute' }] };
  answers['/api/v1/add-ons/'] = { results: [], next: null };
  await shown(AddOns, { accountId: 1 });
  await vi.waitFor(() => expect(page.text()).toContain('No add-ons'));
  await press('Propose');
  await vi.waitFor(() => expect(document.querySelectorAll('.dialog input').length).toBeGreaterThan(3));
  const inputs = [...document.querySelectorAll<HTMLInputElement>('.dialog input')];
  const fill = (field: HTMLInputElement, text: string): void => {
    field.value = text;
    field.dispatchEvent(new Event('input'));
  };
  fill(inputs[0]!, 'Training');
  fill(inputs[1]!, '80.00');
  await submit();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]!.body).toMatchObject({ account: 1, code: '', name: 'Training', amount: '80.00', tax_code: 'vat', kind: 'recurring', quantity: '1', ends_on: null });
});

test('someone who only reads is offered nothing to press', async () => {
  useSession().me = { ...me, role: 'client_viewer' };
  answers['/api/v1/add-ons/'] = { results: [{ ...addOn, may_decide: false }], next: null };
  await shown(AddOns, { accountId: 1 });
  await vi.waitFor(() => expect(page.text()).toContain('Evening line'));
  expect(page.findAll('button').map((button) => button.text()).filter((text) => text !== '')).toEqual([]);
});

const profile = {
  account: 1, legal_name: 'Azul S.L.', legal_address: '', tax_id: '', billing_email: 'a@azul.example', country: 'ES', city: '', postcode: '', registration: '', reference: '', emails: ['b@azul.example'],
  sends_documents: true, reminders: true, language: '', payment_days: null, is_reverse_charge: false, currency: 'EUR', account_language: 'es', house_payment_days: 14, number_prefix: 'INV-',
};

test('a client admin proposes only what it changed, and cannot touch terms', async () => {
  answers['/api/v1/accounts/1/billing-profile/'] = profile;
  answers['/api/v1/billing-profile-proposals/'] = { results: [], next: null };
  await shown(ProfileForm, { accountId: 1 });
  await vi.waitFor(() => expect(page.text()).toContain('Propose the change'));
  const field = (label: string) => page.findAll('.field').find((item) => item.text().startsWith(label))!;
  await field('City').find('input').setValue('Madrid');
  await field('Further addresses').find('textarea').setValue('b@azul.example\n c@azul.example \n');
  expect(field('Days to pay').find('input').attributes('readonly')).toBeDefined();
  await page.find('form').trigger('submit');
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toEqual({ path: '/api/v1/billing-profile-proposals/', body: { account: 1, city: 'Madrid', emails: ['b@azul.example', 'c@azul.example'] } });
});

test('a document that bounced says so, with the words of the server', async () => {
  answers['/api/v1/invoices/7/deliveries/'] = {
    results: [{ id: 1, recipient: 'a@azul.example', round: 1, state: 'bounced', queued_at: '2026-07-01T10:00:00Z', attempts: 1, sent_at: null, bounced_at: '2026-07-01T10:01:00Z', error: '550 no such user', note: '' }],
    reminders: [],
  };
  await shown(DeliveriesCard, { invoice: 7, maySend: true });
  await vi.waitFor(() => expect(page.text()).toContain('Bounced'));
  expect(page.text()).toContain('550 no such user');
  await press('Send again');
  expect(sent[0]!.path).toBe('/api/v1/invoices/7/deliveries/');
});

test('a refund is sent only after it is confirmed', async () => {
  useSession().me = { ...me, role: 'billing_admin' };
  answers['/api/v1/balance/'] = { results: [{ currency: 'EUR', open: '121.00', wallet: '29.00', owed: '92.00' }] };
  answers['/api/v1/wallet/'] = { results: [{ id: 1, kind: 'payment', moved_at: '2026-07-01T10:00:00Z', moved_by: 'Bo', amount: '29.00', balance: '29.00', currency: 'EUR', invoice: null, invoice_number: null, reference: 'advance', note: '' }], next: null };
  await shown(Wallet, { accountId: 1 });
  await vi.waitFor(() => expect(page.text()).toContain('€92.00'));
  expect(page.text()).toContain('advance');
  await press('Refund');
  const [amount] = [...document.querySelectorAll<HTMLInputElement>('.dialog input')];
  amount!.value = '9.00';
  amount!.dispatchEvent(new Event('input'));
  await submit();
  expect(sent).toEqual([]);
  document.querySelector<HTMLInputElement>('.dialog input[type=checkbox]')!.click();
  await submit();
  await vi.waitFor(() => expect(sent).toEqual([{ path: '/api/v1/wallet/refund/', body: { account: 1, currency: 'EUR', amount: '9.00', note: '' } }]));
});

test('what was bought ahead is told as bought, invoiced, running and left, with the invoices that drew', async () => {
  // 500 minutes, 120 invoiced, 30.5 on the bill so far: 349.5 left
  const drawn = [{ invoice: 7, number: 'INV-2026-00007', period: '2026-06', units: 7_200_000 }];
  const bought = { id: 3, reference: 'AO-00003', name: 'Package', unit: 'ms', of: [], priority: 0, starts_on: '2026-06-01', ends_on: '2026-09-01', bought: 30_000_000, invoiced: 7_200_000, running: 1_830_000, left: 20_970_000, state: 'open', outlook: 'runs_out', runs_out_on: '2026-07-28', earliest: '2026-07-25', latest: '2026-07-31', drawn };
  const next = { ...bought, id: 4, reference: 'AO-00004', running: 0, left: 30_000_000, drawn: [], outlook: 'lasts', runs_out_on: null, earliest: null, latest: null };
  const later = { ...next, id: 5, reference: 'AO-00005', state: 'waiting', outlook: null };
  answers['/api/v1/prepaid/'] = { results: [bought, next, later] };
  await shown(Prepaid, { accountId: 1 });
  await vi.waitFor(() => expect(page.text()).toContain('Package'));
  for (const text of ['500 min', '120 min', '30.50 min', '349.50 min', 'Open', 'all of the tariff']) expect(page.text()).toContain(text);
  const outlooks = page.findAll('tbody tr').map((row) => row.text());
  expect(outlooks[0]).toContain('expected to run out on 28 July 2026');
  expect(outlooks[1]).toContain('lasts to the end');
  expect(outlooks[2]).not.toMatch(/run out|lasts/);
  await page.find('button[aria-expanded]').trigger('click');
  expect(page.text()).toContain('INV-2026-00007');
  expect(page.text()).toContain('Likely between 25 July 2026 and 31 July 2026');
});

test('nothing is shown where nothing was bought ahead', async () => {
  answers['/api/v1/prepaid/'] = { results: [] };
  await shown(Prepaid, { accountId: 1 });
  expect(page.text()).toBe('');
});

test('an invoice stands beside its quote, with its reasons and lines', async () => {
  // expected 59.00, billed 4.00: 54.08 less by volume, 0.92 less by price
  const parts = { expected: '59.00', actual: '4.00', difference: '-55.00', volume: '-54.08', price: '-0.92', other: '0.00' };
  const line = { ...parts, code: 'phone', name: 'Phone', unit: 'ms', expected_quantity: 3_600_000, actual_quantity: 300_000 };
  const row = { ...parts, invoice: 7, number: 'INV-2026-00007', period: '2026-07', currency: 'EUR', quote: 2, quote_number: 'Q-2026-00001', is_first: true, is_part: false, is_comparable: true, low: null, high: null, kinds: [{ ...parts, kind: 'usage', lines: [line] }], explanation: ['The invoice is €55.00 below.'] };
  answers['/api/v1/quote-variance/'] = { results: [row] };
  await shown(QuoteVariance, { accountId: 1 });
  await vi.waitFor(() => expect(page.text()).toContain('Q-2026-00001'));
  expect(page.text()).toContain('-€55.00');
  await page.find('button[aria-expanded]').trigger('click');
  for (const text of ['The invoice is €55.00 below.', '5 min instead of 60 min', '-€54.08', '-€0.92']) expect(page.text()).toContain(text);
});
