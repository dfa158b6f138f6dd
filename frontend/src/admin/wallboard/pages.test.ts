import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { defineComponent, h } from 'vue';
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router';
import { me } from '@/client/fixtures';
import { i18n, setLocale } from '@/i18n';
import { serverClock } from '@/live/clock';
import { useSession } from '@/session';
import PlanningPage from '../planning/PlanningPage.vue';
import type { Planning } from '../planning/planning';
import type { Wallboard } from '../types';
import WallboardPage from './WallboardPage.vue';

const nothing = { contacts: 0, answered: 0, abandoned: 0, service_level_permille: null, abandonment_permille: null, average_wait_ms: null, average_handle_ms: null, occupancy_permille: null, transfers_permille: null, csat_permille: null };
const day = { contacts: 40, answered: 30, abandoned: 2, service_level_permille: 712, abandonment_permille: 63, average_wait_ms: 18_400, average_handle_ms: 245_000, occupancy_permille: 803, transfers_permille: 50, csat_permille: null };
const board: Wallboard = {
  at: '2026-06-15T09:20:00Z', cursor: '5-1', time_zone: 'UTC', day_starts_at: '2026-06-15T00:00:00Z', total: day,
  queues: [
    { id: 3, name: 'English', account_id: null, language: 'en', channel: 'voice', waiting: 4, longest_since: '2026-06-15T09:18:30Z', breached: 1, at_risk: 2, today: day },
    { id: 4, name: 'Night', account_id: null, language: '', channel: '', waiting: 0, longest_since: null, breached: 0, at_risk: 0, today: nothing },
  ],
  operators: [{ id: 11, name: 'Anna Kovacs', presence: 'available', engagement: 'serving', since: '2026-06-15T09:19:00Z', reason: '', channels: ['voice'], serves: [1], handled: 7, average_handle_ms: 200_000, occupancy_permille: 790 }],
  accounts: [{ id: 1, name: 'Azul Pay', by_channel: { voice: 30, chat: 10 }, formula: 'strict', threshold_s: 20, target_percent: 80, waiting: 4, longest_since: null, breached: 1, at_risk: 2, today: day }],
  intraday: [
    { at: '2026-06-15T08:30:00Z', contacts: 20, answered: 15, abandoned: 1, service_level_permille: 900 },
    { at: '2026-06-15T09:15:00Z', contacts: 20, answered: 15, abandoned: 1, service_level_permille: null },
  ],
  alerts: [{ kind: 'sla_breached', is_grave: true, name: 'English', count: 1, since: '2026-06-15T09:18:30Z', detail: '', target_percent: null, value_permille: null }],
  failed_receipts: 0, pending_receipts: 0,
};
const expected = (operators: number) => ({ operators, service_level_permille: 888, average_wait_ms: 7836, abandonment_permille: 0, occupancy_permille: 714 });
const plan: Planning = {
  time_zone: 'UTC', first_on: '2026-05-18', last_on: '2026-06-14', apart: 'queue',
  streams: [{ id: 3, name: 'English', contacts_a_week: 60, aht_ms: 180_000, measured_aht_ms: 180_000, operator_hours: 5, most_operators: 10 }, { id: null, name: '', contacts_a_week: 40, aht_ms: 180_000, measured_aht_ms: null, operator_hours: 4, most_operators: 8 }],
  slots: [{ weekday: 2, half_hour: 19, contacts: 100, load_permille: 10_000, shared: expected(14), shared_rostered: 20, dedicated: 18, dedicated_rostered: 27, by_stream: [{ id: 3, operators: 10 }, { id: null, operators: 8 }], given: null }],
  week: { contacts: 100, shared_hours: 10, dedicated_hours: 13.5, saved_hours: 3.5, saved_permille: 259, most_shared: 20, most_dedicated: 27 },
};

let answers: Record<string, unknown>;
let asked: URL[];
let router: Router;
let page: VueWrapper;

async function open(path: string): Promise<void> {
  const pinia = createPinia();
  setActivePinia(pinia);
  useSession().me = { ...me, role: 'supervisor' };
  const other = { template: '<p />' };
  router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/admin/wallboard', component: WallboardPage }, { path: '/admin/wall', component: WallboardPage, props: { wall: true } }, { path: '/admin/planning', component: PlanningPage }, { path: '/:rest(.*)*', component: other }] });
  await router.push(path);
  page = mount(defineComponent(() => () => h(RouterView)), { global: { plugins: [pinia, PiniaColada, i18n, router] }, attachTo: document.body });
  for (let i = 0; i < 6; i += 1) await flushPromises();
}

beforeEach(() => {
  serverClock.correct('2026-06-15T09:20:00Z');
  asked = [];
  answers = { '/api/v1/admin/wallboard/': board, '/api/v1/admin/planning/': plan };
  vi.stubGlobal('WebSocket', class { readyState = 0; close(): void {} send(): void {} });
  vi.stubGlobal('fetch', async (input: Request) => {
    const url = new URL(input.url);
    asked.push(url);
    const found = answers[url.pathname];
    return new Response(JSON.stringify(found ?? { error: { code: 'invalid', message: 'No.', field: 'target_percent' } }), { status: found ? 200 : 400, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(async () => {
  page.unmount();
  vi.unstubAllGlobals();
  await setLocale('en');
});

describe('the wallboard', () => {
  test('tells the moment and the day, and a dash where nothing can be divided', async () => {
    await open('/admin/wallboard');
    const text = page.text();
    expect(text).toContain('English: 1 waiting longer than promised');
    expect(page.find('.figures').text()).toContain('71%');
    expect(page.find('.figures').text()).toContain('18 s');
    expect(page.find('.figures').text()).toContain('1 late, 2 at risk');
    const night = page.findAll('tbody tr').find((row) => row.text().includes('Night'))!;
    expect(night.findAll('td').map((cell) => cell.text()).slice(2)).toEqual(['—', '—', '—', '—', '—', '—', '—']);
    expect(page.find('.people li').text()).toContain('Anna Kovacs');
  });

  test('every figure has its definition at hand', async () => {
    await open('/admin/wallboard');
    const marks = page.findAll('.figures button').map((button) => button.attributes('aria-label'));
    expect(marks).toEqual(['What Waiting means', 'What Service level means', 'What ASA means', 'What Abandonment means', 'What AHT means', 'What Occupancy means', 'What Contacts means', 'What CSAT means']);
  });

  test('the day is there as a table, with the quarters in which nobody came', async () => {
    await open('/admin/wallboard');
    await page.findAll('button').find((button) => button.attributes('aria-label') === 'Show as a table')!.trigger('click');
    const rows = page.findAll('section[aria-label="Today by quarters of an hour"] tbody tr').map((row) => row.text());
    expect(rows).toEqual(['08:3015190%', '08:4500—', '09:0000—', '09:15151—']);
  });

  test('one client or queue is kept in the address and asked of the server', async () => {
    await open('/admin/wallboard?account=1&queue=3');
    const first = asked.find((url) => url.searchParams.has('queue'))!;
    expect([first.searchParams.get('account'), first.searchParams.get('queue')]).toEqual(['1', '3']);
  });

  test('on the wall it is dark, and gives the theme back', async () => {
    await open('/admin/wall');
    expect(document.documentElement.dataset.theme).toBe('dark');
    await router.push('/admin/wallboard');
    await flushPromises();
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });

  test('speaks Russian', async () => {
    await setLocale('ru');
    await open('/admin/wallboard');
    expect(page.text()).toContain('English: ждут дольше обещанного: 1');
    expect(page.find('.figures').text()).toContain('просрочено 1, под угрозой 2');
  });
});

describe('planning', () => {
  test('sets the shared pool against dedicated groups', async () => {
    await open('/admin/planning');
    expect(page.find('.kpis').text()).toContain('3.5 h');
    await page.findAll('[role=tab]')[2]!.trigger('click');
    const cells = page.findAll('[role=tabpanel] tbody td').map((cell) => cell.text());
    expect(cells).toEqual(['09:30', '100.0', '14', '20', '89%', '8 s', '71%', '18', '4']);
    expect(page.text()).toContain('No queue');
  });

  test('asks only what is filled in', async () => {
    await open('/admin/planning');
    const query = asked.find((url) => url.pathname.endsWith('/planning/'))!.searchParams;
    expect(query.get('target_percent')).toBe('80');
    expect(['aht_s', 'patience_s', 'operators', 'channel', 'queue'].filter((name) => query.has(name))).toEqual([]);
  });

  test('shows at its field what the server refuses', async () => {
    delete answers['/api/v1/admin/planning/'];
    await open('/admin/planning');
    expect(page.find('form').text()).toContain('No.');
  });
});
