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

const addOn = {
  id: 3, account: 1, account_name: 'Azul Pay', reference: 'AO-00003', kind: 'recurring', code: '', name: 'Evening line', description: '', quantity: '2', amount: '45.00', currency: 'EUR',
  tax_code: 'vat', prorate: true, starts_on: '2026-06-16', ends_on: null, state: 'proposed', proposed_side: 'house', proposed_at: '2026-06-01T10:00:00Z', proposed_by: 'Bo', decided_at: null,
  decided_by: null, reason: '', invoices: [], may_decide: true, may_withdraw: false, may_end: false,
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
  answers['/api/v1/add-ons/choices/'] = { currency: 'EUR', choices: [], taxes: [{ code: 'vat', percent: '21' }] };
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
