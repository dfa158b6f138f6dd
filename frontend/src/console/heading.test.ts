import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia, type Pinia } from 'pinia';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { h } from 'vue';
import { createMemoryHistory, createRouter } from 'vue-router';
import { i18n } from '@/i18n';
import { useSession } from '@/session';
import ConsolePage from './ConsolePage.vue';
import { useLive } from './live';

/** The pane's code comes over the network as the ticket does, and either may be first; the network may also fail. */
const code = vi.hoisted(() => {
  let arrive: () => void = () => undefined;
  const comes = new Promise<void>((done) => (arrive = done));
  return { arrive, comes, isLost: false };
});
vi.mock('./TicketPane.vue', async () => {
  if (code.isLost) throw new TypeError('Failed to fetch dynamically imported module');
  await code.comes;
  return { default: { render: () => h('h1', 'Where is it?') } };
});
vi.mock('./ring', () => ({ ring: () => () => undefined }));

let answer: (path: string) => [number, unknown];
let pinia: Pinia;
let page: VueWrapper;
const detail = { id: 42, number: 'MT-1042', subject: 'Where is it?', account_id: 1 };

beforeEach(() => {
  setActivePinia((pinia = createPinia()));
  useSession().me = { id: 1, email: 'anna@centre.example', full_name: 'Anna Kovacs', role: 'operator', language: 'en', operator_id: 11, accounts: [], server_time: '', live_cursor: '1-1' };
  answer = (path) => [200, path.endsWith('timeline/') ? { results: [], cursor: '1-1' } : detail];
  vi.stubGlobal('fetch', async (request: Request) => {
    const [status, body] = answer(new URL(request.url).pathname);
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(() => {
  page.unmount();
  vi.unstubAllGlobals();
});

async function open(ticketId: number | null, before: (live: ReturnType<typeof useLive>) => void = () => undefined): Promise<void> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/console/:ticket?', name: 'console', alias: '/', component: { template: '<i />' } }] });
  const live = useLive();
  live.start = () => Promise.resolve();
  before(live);
  page = mount(ConsolePage, { props: { ticketId }, global: { plugins: [pinia, router, PiniaColada, i18n], stubs: { ConsoleBar: true, TicketLists: true, SidePane: true } } });
  await flushPromises();
}
const headings = (): string[] => page.findAll('h1').map((heading) => heading.text());

test('a console without a ticket has one heading', async () => {
  await open(null);
  expect(headings()).toEqual(['Console']);
});

test('a console that could not be read has one heading', async () => {
  await open(null, (live) => (live.error = new TypeError('no answer')));
  expect(headings()).toEqual(['Console']);
});

test('a pane that does not come is said to be missing, is asked for again, and the ticket has its own heading at last', async () => {
  code.isLost = true;
  await open(42);
  expect([headings(), page.find('main [role=alert]').exists()]).toEqual([['Console'], true]);
  code.isLost = false;
  await page.get('main button').trigger('click');
  await flushPromises();
  expect([headings(), page.find('main [role=status]').exists()]).toEqual([['Console'], true]);
  code.arrive();
  await flushPromises();
  expect(headings()).toEqual(['Where is it?']);
});

test('a ticket that is being read, and one that cannot be, have one heading', async () => {
  let refuse: () => void = () => undefined;
  const waits = new Promise<void>((done) => (refuse = done));
  vi.stubGlobal('fetch', async () => {
    await waits;
    return new Response(JSON.stringify({ error: { code: 'not_found', message: 'Not found.' } }), { status: 404, headers: { 'Content-Type': 'application/json' } });
  });
  await open(42);
  expect([headings(), page.find('main [role=status]').exists()]).toEqual([['Console'], true]);
  refuse();
  await flushPromises();
  expect([headings(), page.find('main [role=alert]').exists()]).toEqual([['Console'], true]);
});
