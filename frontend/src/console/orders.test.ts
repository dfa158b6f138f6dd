import { flushPromises, mount, RouterLinkStub, type VueWrapper } from '@vue/test-utils';
import { PiniaColada } from '@pinia/colada';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { me } from '@/client/fixtures';
import { i18n } from '@/i18n';
import { useSession } from '@/session';
import CountedOrders from './CountedOrders.vue';

const correction = { orders_before: 3, amount_before: '90.00', orders: 2, order_amount: '60.00', reason: 'Counted twice', at: '2026-06-11T09:00:00Z', by: 'Olga Petrova' };
const counted = { id: 5, operator: 'Anna', channel: 'voice', started_at: '2026-06-10T09:00:00Z', orders: 3, order_amount: '90.00', corrections: [] as object[] };
const none = { ...counted, id: 6, operator: 'Ben', orders: 0, order_amount: null };
let page: VueWrapper;
let posts: unknown[];
let isDown: boolean;

beforeEach(() => {
  posts = [];
  isDown = false;
  vi.stubGlobal('fetch', async (request: Request) => {
    if (isDown) return new Response(JSON.stringify({ type: 'about:blank', title: 'Unavailable', status: 503 }), { status: 503, headers: { 'content-type': 'application/problem+json' } });
    if (request.method === 'POST') posts.push([new URL(request.url).pathname, await request.json()]);
    const row = request.method === 'POST' ? { ...counted, orders: 2, order_amount: '60.00', corrections: [correction] } : counted;
    return new Response(JSON.stringify({ results: [row, none] }), { status: 200, headers: { 'content-type': 'application/json' } });
  });
});
afterEach(() => {
  page.unmount();
  vi.unstubAllGlobals();
});
async function shownTo(role: 'supervisor' | 'operator'): Promise<void> {
  const pinia = createPinia();
  setActivePinia(pinia);
  useSession().me = { ...me, role };
  page = mount(CountedOrders, { props: { ticketId: 42, currency: 'EUR' }, attachTo: document.body, global: { plugins: [pinia, PiniaColada, i18n], stubs: { RouterLink: RouterLinkStub } } });
  await flushPromises();
}

test('a supervisor corrects the orders of a contact with a reason, and both numbers stay to be read', async () => {
  await shownTo('supervisor');
  await vi.waitFor(() => expect(page.text()).toContain('Anna'));
  await page.find('button').trigger('click');
  const inputs = [...document.querySelectorAll<HTMLInputElement>('.dialog input')];
  ['2', '60,00', 'Counted twice'].forEach((text, index) => {
    inputs[index]!.value = text;
    inputs[index]!.dispatchEvent(new Event('input'));
  });
  document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
  await vi.waitFor(() => expect(page.text()).toContain('Counted twice'));
  expect(posts).toEqual([['/api/v1/tickets/42/counted-orders/', { interaction: 5, orders: 2, order_amount: '60.00', reason: 'Counted twice' }]]);
  expect(page.text()).toContain('3 became 2');
});

test('an operator reads what was taken, and corrects nothing', async () => {
  await shownTo('operator');
  await vi.waitFor(() => expect(page.text()).toContain('€90.00'));
  expect(page.text()).not.toContain('Ben');
  expect(page.find('button').exists()).toBe(false);
});

test('orders that cannot be read are an error with a way to try again, and come then', async () => {
  isDown = true;
  await shownTo('operator');
  await vi.waitFor(() => expect(page.find('[role=alert]').exists()).toBe(true));
  isDown = false;
  await page.find('button').trigger('click');
  await vi.waitFor(() => expect(page.text()).toContain('€90.00'));
});
