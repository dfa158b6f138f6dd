import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia } from 'pinia';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemoryHistory, createRouter } from 'vue-router';
import { i18n } from '@/i18n';
import SecondFactorPage from './SecondFactorPage.vue';

type Reply = [status: number, body: unknown];
const HELD = 'account/authenticators';
const TOTP = 'account/authenticators/totp';
const CODES = 'account/authenticators/recovery-codes';
const enrolling: Reply = [404, { status: 404, meta: { secret: 'JBSWY3DPEHPK3PXP', totp_url: 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP' } }];
const enrolled: Reply = [200, { data: { type: 'totp' } }];
const none: Reply = [200, { data: [] }];
const held = (unused: number): Reply => [200, { data: [{ type: 'totp' }, { type: 'recovery_codes', unused_code_count: unused }] }];
const again: Reply = [401, { data: { flows: [{ id: 'reauthenticate' }] } }];

let replies: Record<string, Reply[]>;
let sent: [string, unknown][];
let page: VueWrapper;

/** The last reply of a list stands for every further call. */
function next(name: string): Reply | undefined {
  const list = replies[name];
  return list && list.length > 1 ? list.shift() : list?.[0];
}

async function open(): Promise<void> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { template: '<p />' } }] });
  page = mount(SecondFactorPage, { global: { plugins: [createPinia(), router, i18n] }, attachTo: document.body });
  await flushPromises();
}
async function submit(value: string): Promise<void> {
  await page.get('form input').setValue(value);
  await page.get('form').trigger('submit');
  await flushPromises();
}
async function press(text: string): Promise<void> {
  await page.findAll('button').find((button) => button.text() === text)!.trigger('click');
  await flushPromises();
}

beforeEach(() => {
  sent = [];
  replies = {};
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const name = `${init.method} ${url.replace('/_allauth/browser/v1/', '')}`;
    if (init.method !== 'GET') sent.push([name, init.body ? JSON.parse(String(init.body)) : undefined]);
    const reply = next(name);
    if (!reply) throw new TypeError('Failed to fetch');
    return new Response(JSON.stringify(reply[1]), { status: reply[0] });
  });
});
afterEach(() => {
  page.unmount();
  vi.unstubAllGlobals();
});

test('a code of the app switches it on and the recovery codes are shown once', async () => {
  replies = { [`GET ${HELD}`]: [none, held(2)], [`GET ${TOTP}`]: [enrolling], [`POST ${TOTP}`]: [enrolled], [`POST ${CODES}`]: [[200, { data: { unused_codes: ['11112222', '33334444'] } }]] };
  await open();
  expect(page.text()).toContain('JBSWY3DPEHPK3PXP');
  await submit('123 456');
  expect(sent).toEqual([
    [`POST ${TOTP}`, { code: '123456' }],
    [`POST ${CODES}`, {}],
  ]);
  expect(page.findAll('.codes code').map((item) => item.text())).toEqual(['11112222', '33334444']);
  expect(page.text()).toContain('Each sign-in asks for a code');
});

test('a wrong code is said and nothing is switched on', async () => {
  replies = { [`GET ${HELD}`]: [none], [`GET ${TOTP}`]: [enrolling], [`POST ${TOTP}`]: [[400, { errors: [{ code: 'incorrect_code', message: 'x', param: 'code' }] }]] };
  await open();
  await submit('000000');
  expect(page.get('[role=alert]').text()).toContain('not valid');
  expect(page.find('.codes').exists()).toBe(false);
});

test('an older session shows who it is before the factor is switched off', async () => {
  replies = { [`GET ${HELD}`]: [held(1), none], [`GET ${TOTP}`]: [enrolling], [`DELETE ${TOTP}`]: [again, [200, {}]], 'POST auth/reauthenticate': [[400, { errors: [{ code: 'incorrect_password', message: 'x' }] }], [200, {}]] };
  await open();
  expect(page.text()).toContain('1 recovery code left');
  await press('Switch it off');
  expect(page.get('input').attributes('type')).toBe('password');
  await submit('wrong');
  expect(page.get('[role=alert]').text()).toBe('This is not your password.');
  await submit('right');
  expect(sent.map(([name]) => name)).toEqual([`DELETE ${TOTP}`, 'POST auth/reauthenticate', 'POST auth/reauthenticate', `DELETE ${TOTP}`]);
  expect(page.text()).toContain('JBSWY3DPEHPK3PXP');
});

test('without a connection the page says so and can be tried again', async () => {
  await open();
  expect(page.get('[role=alert]').text()).toContain('No connection');
  replies = { [`GET ${HELD}`]: [none], [`GET ${TOTP}`]: [enrolling] };
  await press('Try again');
  expect(page.text()).toContain('JBSWY3DPEHPK3PXP');
});
