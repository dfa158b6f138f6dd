import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defineComponent, h } from 'vue';
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router';
import { i18n, setLocale } from '@/i18n';
import { serverClock } from '@/live/clock';
import { useSession } from '@/session';
import * as fixtures from './fixtures';
import { clientRoutes } from './routes';

/** Answers by path; a path that is not here is a 404 in the server's own shape. */
let answers: Record<string, unknown>;
let asked: URL[];
let router: Router;
let page: VueWrapper;

/** Pages load their parts on demand; a busy machine takes its time over the first. */
function settled(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000 });
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
}

async function open(path: string, role: typeof fixtures.me.role = 'client_viewer', accounts = fixtures.me.accounts): Promise<void> {
  const pinia = createPinia();
  setActivePinia(pinia);
  useSession().me = { ...fixtures.me, role, accounts };
  router = createRouter({ history: createMemoryHistory(), routes: clientRoutes });
  await router.push(path);
  page = mount(defineComponent(() => () => h(RouterView)), { global: { plugins: [pinia, PiniaColada, i18n, router] }, attachTo: document.body });
  for (let i = 0; i < 5; i += 1) await flushPromises();
  await settled(() => expect(page.find('main').exists()).toBe(true));
  for (let i = 0; i < 5; i += 1) await flushPromises();
}

beforeEach(() => {
  serverClock.correct('2026-06-30T12:00:00Z');
  asked = [];
  answers = {
    '/api/v1/portal/usage/': fixtures.usage,
    '/api/v1/accrual/': fixtures.bill,
    '/api/v1/forecast/': fixtures.forecast,
    '/api/v1/accrual/rounding/': fixtures.rounding,
    '/api/v1/portal/interactions/': { results: [fixtures.contact], next: null },
  };
  vi.stubGlobal('fetch', async (input: Request) => {
    const url = new URL(input.url);
    asked.push(url);
    const found = answers[url.pathname];
    if (found instanceof Error) throw found;
    return found === undefined ? json({ error: { code: 'not_found', message: 'There is no such thing.' } }, 404) : json(found);
  });
});
afterEach(async () => {
  page.unmount();
  vi.unstubAllGlobals();
  await setLocale('en');
});

vi.setConfig({ testTimeout: 60_000 });

describe('Usage', () => {
  it('tells the figures of the month with their trend in words', async () => {
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('€12,905.63'));
    const text = page.text();
    expect(text).toContain('Usage in June 2026');
    for (const part of ['25% fewer than in May', '83.1%', '2.0 points above May', '0:23', '8 s shorter than in May', '€15,615.81 with tax']) expect(text).toContain(part);
  });

  it('leads from every total to its records', async () => {
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.findAll('a.col')).toHaveLength(3));
    const hrefs = page.findAll('main a').map((link) => link.attributes('href'));
    expect(hrefs).toContain('/client/contacts?month=2026-06');
    expect(hrefs).toContain('/client/contacts?month=2026-06&answer=in_time');
    expect(hrefs).toContain('/client/contacts?month=2026-06&day=2026-06-01');
    expect(hrefs).toContain('/client/contacts?month=2026-06&weekday=0&hour=11');
    expect(hrefs).toContain('/client/contacts?month=2026-06&channel=voice');
  });

  it('reads each day aloud and has one tab stop for the chart', async () => {
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.findAll('a.col')).toHaveLength(3));
    const bars = page.findAll('a.col');
    expect(bars[0]!.attributes('aria-label')).toBe('Monday 1 June: 6. Phone 4, Chat 2');
    expect(bars.map((bar) => bar.attributes('tabindex'))).toEqual(['0', '-1', '-1']);
    await bars[0]!.trigger('keydown', { code: 'ArrowRight' });
    await bars[1]!.trigger('focus');
    expect(page.findAll('a.col').map((bar) => bar.attributes('tabindex'))).toEqual(['-1', '0', '-1']);
  });

  it('keeps the numbers of the heat map in the document', async () => {
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.find('table.heat').exists()).toBe(true));
    const monday = page.find('table.heat').findAll('tbody tr')[0]!;
    expect(monday.find('th').text()).toContain('Monday');
    expect(monday.findAll('td')[11]!.text()).toBe('6 contacts');
  });

  it('shows no prices to a supervisor', async () => {
    answers['/api/v1/portal/usage/'] = { ...fixtures.usage, cost: null };
    await open('/client/usage?month=2026-06', 'supervisor');
    await settled(() => expect(page.text()).toContain('83.1%'));
    expect(page.text()).not.toContain('Cost');
    expect(asked.some((url) => url.pathname === '/api/v1/accrual/')).toBe(false);
  });

  it('says that there is no connection and tries again', async () => {
    answers['/api/v1/portal/usage/'] = new TypeError('failed');
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('No connection'));
    answers['/api/v1/portal/usage/'] = fixtures.usage;
    await page.findAll('button').find((button) => button.text().includes('Try again'))!.trigger('click');
    await settled(() => expect(page.text()).toContain('83.1%'));
  });

  it('speaks Russian with its numbers and dates', async () => {
    await setLocale('ru');
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text().replace(/[\u00a0\u202f]/g, ' ')).toContain('12 905,63 €'));
    expect(page.text()).toContain('Контакты по дням');
  });

  it('never shows another account for one that is out of reach', async () => {
    await open('/client/usage?month=2026-06&account=999');
    expect(page.text()).toContain('No such account');
    expect(asked.some((url) => url.pathname === '/api/v1/portal/usage/')).toBe(false);
  });
});

describe('Bill', () => {
  it('explains a line to the second: what was counted, what rounding added, what is charged', async () => {
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('Total before tax'));
    const row = page.findAll('tbody tr').find((item) => item.text().includes('Phone') && item.find('button').exists())!;
    await row.find('button').trigger('click');
    const steps = page.findAll('.explain > div').map((step) => [step.find('dt').text(), step.find('dd').text()]);
    expect(steps).toEqual([
      ['Talk', '0:50'],
      ['Wrap-up', '0:11'],
      ['Counted', '1:01'],
      ['Rounding up to a minute, 96.7% added', '+0:59'],
      ['Billed', '2:00'],
      ['Above the plan', '2:00 = 2 min'],
      ['Rate per minute', '× €0.60'],
      ['Exact', '€1.20'],
      ['Rounded once, half up', '€1.20'],
    ]);
  });

  it('speaks of periods where the account is billed by cycles of 28 days', async () => {
    answers['/api/v1/portal/periods/'] = { account: 1, cycle: '28_days', results: ['2026-06-01', '2026-05-04'] };
    delete answers['/api/v1/accrual/'];
    await open('/client/usage');
    await settled(() => expect(page.text()).toContain('No tariff in force in this period'));
    const text = page.text();
    // thin or no spaces around the dash, as the browser's data has it
    expect(text).toMatch(/Usage in 1\s?–\s?28 June 2026/);
    expect(text).not.toContain('this month');
    expect(asked.some((url) => url.pathname === '/api/v1/portal/usage/' && url.searchParams.get('month') === '2026-06-01')).toBe(true);
  });

  it('says so where no contract covers the month', async () => {
    delete answers['/api/v1/accrual/'];
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('No tariff in force in this month'));
  });
});

describe('No surprises', () => {
  it('tells what the month will cost, how sure that is, and when the plan runs out', async () => {
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('What the month is expected to cost'));
    await settled(() => expect(page.text()).toContain('€44.00 – €58.50'));
    const text = page.text();
    for (const part of ['80% band', '€50.00', '94 back-tests', 'Phone: 60 min of 80 min in the plan used', 'expected to run out on 21 June 2026', 'Likely between 19 June 2026 and 24 June 2026']) expect(text).toContain(part);
  });

  it('tells when what was bought ahead is used up, and that more is charged only where nothing else covers it', async () => {
    const first = { code: 'AO-00003', name: 'AO-00003 Package', unit: 'ms', allowance: 4_800_000, used: 3_600_000, expected: 4_800_000, is_used_up: false, runs_out_on: '2026-06-20', earliest: '2026-06-18', latest: null };
    const second = { ...first, code: 'AO-00004', name: 'AO-00004 Package', used: 0, expected: 2_400_000, runs_out_on: null, earliest: null };
    const used = { ...second, code: 'AO-00005', name: 'AO-00005 Package', used: 4_800_000, is_used_up: true };
    answers['/api/v1/forecast/'] = { ...fixtures.forecast, included: [], prepaid: [first, second, used] };
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('AO-00003 Package: 60 min of 80 min bought ahead used'));
    const items = page.findAll('ul.included > li').map((item) => item.text());
    expect(items[0]).toContain('expected to run out on 20 June 2026');
    expect(items[0]).toContain('Possible from 18 June 2026');
    expect(items[0]).not.toContain('charged above');
    expect(items[1]).toContain('lasts to the end');
    expect(items[2]).toMatch(/used up$/);
  });

  it('says plainly that there is too little history, and why there is no band', async () => {
    answers['/api/v1/forecast/'] = { ...fixtures.forecast, state: 'too_little_history', history_days: 5, included: [], minimum: null };
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('A forecast needs 28 full days before the month; there are 5.'));
    answers['/api/v1/forecast/'] = { ...fixtures.forecast, low: null, high: null };
    page.unmount();
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('too little history yet to test the forecast'));
  });

  it('compares the month with the other tariffs, with the reason for each difference', async () => {
    const row = { version: null, so_far: '13.00', expected: null, unpriced: 0, difference: null, reason: '', parts: [] };
    answers['/api/v1/tariff-comparison/'] = {
      account: 1,
      period: '2026-06',
      currency: 'EUR',
      is_expected: false,
      as_of: '2026-06-30T12:00:00Z',
      tariffs: [
        { ...row, tariff: 1, name: 'Own', state: 'own', net: '13.00' },
        { ...row, tariff: 2, name: 'Seconds', state: 'ready', net: '2.00', difference: '-11.00', reason: 'fees', unpriced: 1, parts: [{ part: 'usage', difference: '-1.00' }, { part: 'fees', difference: '-10.00' }] },
        { ...row, tariff: 3, name: 'Dollars', state: 'other_currency', net: null },
      ],
    };
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('usage −€1.00; fixed fees −€10.00; 1 contact has no price there'));
    for (const part of ['−€11.00', 'another currency, not compared', 'yours']) expect(page.text()).toContain(part);
  });

  it('puts an alert on top of every page until it is put away', async () => {
    answers['/api/v1/alerts/'] = { results: [fixtures.alert], next: null };
    answers['/api/v1/alerts/3/seen/'] = {};
    await open('/client/contacts?month=2026-06');
    await settled(() => expect(page.text()).toContain('Phone: more than 100% of the plan expected, 120 min against 80 min.'));
    expect(page.text()).toContain('expected to run out on 21 June 2026');
    answers['/api/v1/alerts/'] = { results: [], next: null };
    await page.findAll('button').find((button) => button.attributes('aria-label') === 'Put away')!.trigger('click');
    await settled(() => expect(page.text()).not.toContain('of the plan expected'));
    expect(asked.some((url) => url.pathname === '/api/v1/alerts/3/seen/')).toBe(true);
  });

  it('lets a client admin set alerts and a viewer read them', async () => {
    answers['/api/v1/alerts/'] = { results: [], next: null };
    answers['/api/v1/alert-rules/'] = { results: [{ id: 1, measure: 'amount', moment: 'reached', percent: 80, amount: '500', by_mail: true, created_by: 'Inés Vidal', created_at: '2026-06-01T00:00:00Z' }] };
    await open('/client/alerts');
    await settled(() => expect(page.text()).toContain('80% of €500.00 reached'));
    expect(page.find('form').exists()).toBe(false);
    page.unmount();
    await open('/client/alerts', 'client_admin');
    await settled(() => expect(page.find('form').exists()).toBe(true));
    const added = asked.length;
    await page.find('form').trigger('submit');
    await settled(() => expect(asked.slice(added).some((url) => url.pathname === '/api/v1/alert-rules/')).toBe(true));
  });

  it('shows what rounding added and cost, line by line', async () => {
    await open('/client/usage?month=2026-06');
    await settled(() => expect(page.text()).toContain('Rounding added 1.57 min and cost €1.57 before tax.'));
    const row = page.findAll('tbody tr').find((item) => item.text().includes('+1.57 min (64.4%)'))!;
    expect(row.text()).toContain('€1.43');
  });
});

describe('Calls and chats', () => {
  it('lists a contact in the time zone of the account, to the millisecond when opened', async () => {
    await open('/client/contacts?month=2026-07');
    await settled(() => expect(page.text()).toContain('Lucía Romero'));
    expect(page.text()).toContain('1 Jul, 00:30');
    expect(page.text()).toContain('€1.20');
    await page.find('tbody button').trigger('click');
    expect(page.find('.classes').text()).toContain('2:01.5');
    expect(page.find('.classes').text()).toContain('0:31.25');
  });

  it('passes every filter of the address on, and to the export', async () => {
    await open('/client/contacts?month=2026-06&channel=voice&weekday=0&hour=11&answer=late');
    await settled(() => expect(page.text()).toContain('Lucía Romero'));
    const sent = asked.find((url) => url.pathname === '/api/v1/portal/interactions/')!.searchParams;
    expect(Object.fromEntries(sent)).toEqual({ account: '1', month: '2026-06', channel: 'voice', answer: 'late', weekday: '0', hour: '11' });
    expect(page.find('a[download]').attributes('href')).toBe('/api/v1/portal/interactions/export/?account=1&month=2026-06&channel=voice&answer=late&weekday=0&hour=11');
    await page.findAll('button').find((button) => button.text().includes('Monday'))!.trigger('click');
    await settled(() => expect(router.currentRoute.value.query).toEqual({ month: '2026-06', channel: 'voice', answer: 'late' }));
  });
});

describe('Ticket', () => {
  it('of another account is simply not there', async () => {
    await open('/client/tickets/99');
    await settled(() => expect(page.text()).toContain('There is nothing at this address'));
  });
});
