import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { defineComponent, h } from 'vue';
import { createMemoryHistory, createRouter, RouterView } from 'vue-router';
import { me } from '@/client/fixtures';
import { i18n, setLocale } from '@/i18n';
import { useSession } from '@/session';
import TimePage from './TimePage.vue';
import type { Day, SessionVersion, TimeCorrection } from './times';

const slice = { id: 5, started_at: '2026-06-15T09:00:00Z', ended_at: '2026-06-15T10:00:00Z', ms: 3_600_000, kind: 'idle' as const, account_id: null, interaction_id: null, channel: '', reason: '', allocations: [{ account_id: 1, interaction_id: null, ms: 3_600_000 }] };
const session = { id: 8, started_at: slice.started_at, ended_at: slice.ended_at, derived_until: slice.ended_at, close_rule: 'lapse', ms: 3_600_000, versions: 2 };
const day: Day = { starts_at: '2026-06-15T00:00:00Z', ends_at: '2026-06-16T00:00:00Z', sessions: [session], slices: [slice], totals: [{ account: 1, kind: 'idle', ms: 3_600_000 }], logged_in_ms: 3_600_000, contradictions: [] };
const policy = { kind: 'none' as const, open_kind: 'equal' as const };
const versions: SessionVersion[] = [
  { version: 2, made_at: '2026-06-16T08:00:00Z', is_current: true, cause: 'reallocation', reason: 'The new contract', author_name: 'Ines Vidal', policy: { ...policy, kind: 'home' }, ms: 3_600_000, differences: [{ account: null, kind: 'idle', before_ms: 3_600_000, after_ms: 0 }, { account: 1, kind: 'idle', before_ms: 0, after_ms: 3_600_000 }] },
  { version: 1, made_at: '2026-06-15T10:00:01Z', is_current: false, cause: 'first', reason: '', author_name: null, policy, ms: 3_600_000, differences: [{ account: null, kind: 'idle', before_ms: 0, after_ms: 3_600_000 }] },
];
const correction: TimeCorrection = { id: 3, operator_id: 11, operator_name: 'Anna Kovacs', starts_at: slice.started_at, ends_at: slice.ended_at, state: 'pending', changes: [], reason: 'Was on the phone', before: [{ account: null, kind: 'idle', ms: 60_000 }], after: [{ account: 1, kind: 'talk', ms: 60_000 }], author_id: 99, author_name: 'Anna Kovacs', proposed_at: '2026-06-15T11:00:00Z', decided_by_name: null, decided_at: null, note: '' };
const list = (results: unknown[]) => ({ results, next: null });

let answers: Record<string, unknown>;
let asked: Request[];
let page: VueWrapper;

async function open(query: string): Promise<void> {
  const pinia = createPinia();
  setActivePinia(pinia);
  useSession().me = { ...me, role: 'supervisor' };
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/admin/time', component: TimePage }, { path: '/:rest(.*)*', component: { template: '<p />' } }] });
  await router.push(`/admin/time?${query}`);
  page = mount(defineComponent(() => () => h(RouterView)), { global: { plugins: [pinia, PiniaColada, i18n, router] }, attachTo: document.body });
  for (let i = 0; i < 8; i += 1) await flushPromises();
}
const section = (name: string) => page.find(`section[aria-label="${name}"]`);

beforeEach(() => {
  asked = [];
  answers = {
    '/api/v1/admin/accounts/': list([{ id: 1, name: 'Azul Pay', time_zone: 'UTC' }]),
    '/api/v1/admin/operators/': list([{ id: 11, display_name: 'Anna Kovacs' }]),
    '/api/v1/worktime/day/': day,
    '/api/v1/worktime/versions/': list(versions),
    '/api/v1/worktime/corrections/': list([correction]),
    '/api/v1/worktime/contradictions/': list([]),
    '/api/v1/worktime/reallocations/': list([]),
  };
  vi.stubGlobal('fetch', async (input: Request) => {
    asked.push(input);
    const found = answers[new URL(input.url).pathname];
    return new Response(JSON.stringify(found ?? { error: { code: 'invalid', message: 'No.' } }), { status: found ? 200 : 500, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(async () => {
  page.unmount();
  vi.unstubAllGlobals();
  await setLocale('en');
});

const DAY = 'tab=day&operator=11&date=2026-06-15&zone=UTC';

describe('the time of operators', () => {
  test('a session with several versions says why each was made, and opens what it changed', async () => {
    await open(DAY);
    const card = section('Versions of whose this time is');
    const rows = card.findAll('tbody tr').map((row) => row.text());
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('In force');
    expect(rows[0]).toContain('Allocated again');
    expect(rows[0]).toContain('Ines Vidal The new contract');
    expect(rows[1]).toContain('First allocation');
    await card.find('tbody button').trigger('click');
    const change = card.find('.expansion').text();
    expect(change).toContain('Nobody');
    expect(change).toContain('−1:00:00.000');
    expect(change).toContain('Azul Pay');
    const request = asked.find((one) => one.url.includes('/versions/'))!;
    expect(new URL(request.url).searchParams.get('session')).toBe('8');
  });

  test('a session with one version has nothing to compare', async () => {
    answers['/api/v1/worktime/day/'] = { ...day, sessions: [{ ...session, versions: 1 }] };
    await open(DAY);
    expect(section('Versions of whose this time is').exists()).toBe(false);
    expect(asked.some((one) => one.url.includes('/versions/'))).toBe(false);
    expect(page.text()).toContain('Log-out missing, closed at the last sign before the next log-in, 10:00:00');
  });

  test('versions that cannot be read can be asked for again', async () => {
    delete answers['/api/v1/worktime/versions/'];
    await open(DAY);
    const card = section('Versions of whose this time is');
    answers['/api/v1/worktime/versions/'] = list(versions);
    await card.find('button').trigger('click');
    for (let i = 0; i < 6; i += 1) await flushPromises();
    expect(card.findAll('tbody tr')).toHaveLength(2);
  });

  test('a day without time says so', async () => {
    answers['/api/v1/worktime/day/'] = { ...day, sessions: [], slices: [], totals: [], logged_in_ms: 0 };
    await open(DAY);
    expect(page.text()).toContain('No time on this day');
  });

  test('a correction is shown before and after and is approved by somebody else', async () => {
    await open('tab=corrections');
    await page.find('tbody button').trigger('click');
    const change = page.find('.expansion').text();
    expect(change).toContain('0:01:00.000');
    answers['/api/v1/worktime/corrections/3/approve/'] = { ...correction, state: 'approved' };
    await page.findAll('.expansion button').find((button) => button.text() === 'Approve')!.trigger('click');
    await flushPromises();
    expect(asked.some((one) => one.method === 'POST' && one.url.endsWith('/corrections/3/approve/'))).toBe(true);
  });

  test.each([
    ['en', 'Nothing contradicts itself'],
    ['ru', 'Противоречий нет'],
    ['es', 'Nada se contradice'],
  ] as const)('without contradictions the list says so (%s)', async (locale, text) => {
    await setLocale(locale);
    await open('tab=contradictions');
    expect(page.text()).toContain(text);
  });
});
