import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia } from 'pinia';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemoryHistory, createRouter, type Router } from 'vue-router';
import { i18n } from '@/i18n';
import { homeOf, mayEnter } from '@/session';
import LoginPage from './LoginPage.vue';

type Reply = [status: number, body: unknown];
let replies: Record<string, Reply>;
let sent: [string, unknown][];
let router: Router;
let page: VueWrapper;

const anonymous: Reply = [401, { data: { flows: [{ id: 'login' }] } }];
const pending: Reply = [401, { data: { flows: [{ id: 'mfa_authenticate', is_pending: true }] } }];
const me = (role: string): Reply => [200, { id: 1, email: 'anna@centre.example', full_name: 'Anna', role, language: 'en', operator_id: 1, accounts: [], server_time: '2026-06-05T10:00:00Z', live_cursor: '1-1' }];

async function open(address = '/login'): Promise<void> {
  router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/login', component: LoginPage }, { path: '/:rest(.*)*', component: { template: '<p>there</p>' } }] });
  await router.push(address);
  page = mount(LoginPage, { global: { plugins: [createPinia(), router, i18n] }, attachTo: document.body });
  await flushPromises();
}
async function fill(email: string, password: string): Promise<void> {
  await page.get('input[type=email]').setValue(email);
  await page.get('input[autocomplete=current-password]').setValue(password);
  await page.get('form').trigger('submit');
  await flushPromises();
}
const alert = (): string => page.get('[role=alert]').text();

beforeEach(() => {
  sent = [];
  replies = { 'GET session': anonymous, 'POST login': [200, {}], 'GET me': me('operator') };
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const url = new URL(typeof input === 'string' ? input : input.url, 'http://site.example');
    const method = init?.method ?? (input as Request).method;
    const name = `${method} ${url.pathname.replace(/.*\/auth\//, '').replace('/api/v1/', '').replace(/\/$/, '')}`;
    if (init?.body) sent.push([name, JSON.parse(String(init.body))]);
    const reply = replies[name];
    if (!reply) throw new TypeError('Failed to fetch');
    return new Response(JSON.stringify(reply[1]), { status: reply[0], headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(() => {
  page.unmount();
  vi.unstubAllGlobals();
});

test.each([
  ['operator', '/console'],
  ['supervisor', '/console'],
  ['client_viewer', '/client'],
  ['client_admin', '/client'],
  ['billing_admin', '/admin'],
  ['admin', '/admin'],
])('%s comes to %s', async (role, path) => {
  replies['GET me'] = me(role);
  await open();
  await fill(' anna@centre.example ', 'secret');
  expect(router.currentRoute.value.path).toBe(path);
  expect(sent).toEqual([['POST login', { email: 'anna@centre.example', password: 'secret' }]]);
});

test('a wrong password is said in the language of the page, and nothing is opened', async () => {
  replies['POST login'] = [400, { errors: [{ message: 'x', code: 'email_password_mismatch', param: 'password' }] }];
  await open();
  await fill('anna@centre.example', 'nope');
  expect(alert()).toContain('do not match');
  expect(router.currentRoute.value.path).toBe('/login');
  expect(document.activeElement).toBe(page.get('input[autocomplete=current-password]').element);
});

test('too many attempts are told apart from a wrong password', async () => {
  replies['POST login'] = [429, {}];
  await open();
  await fill('anna@centre.example', 'nope');
  expect(alert()).toContain('Too many attempts');
});

test('no connection is told apart from a refusal', async () => {
  await open();
  delete replies['POST login'];
  await fill('anna@centre.example', 'secret');
  expect(alert()).toContain('cannot be reached');
});

test('empty fields are named and nothing is sent', async () => {
  await open();
  await fill('', '');
  expect(page.text()).toContain('Enter your email address.');
  await fill('anna@centre.example', '');
  expect(page.text()).toContain('Enter your password.');
  expect(sent).toEqual([]);
});

test('the second factor is asked for, refused and taken', async () => {
  replies['POST login'] = pending;
  replies['POST 2fa/authenticate'] = [400, { errors: [{ message: 'x', code: 'incorrect_code', param: 'code' }] }];
  await open();
  await fill('anna@centre.example', 'secret');
  expect(page.get('h1').text()).toBe('Second factor');
  await page.get('input[autocomplete=one-time-code]').setValue('12 34 56');
  await page.get('form').trigger('submit');
  await flushPromises();
  expect(alert()).toContain('not valid');
  replies['POST 2fa/authenticate'] = [200, {}];
  await page.get('form').trigger('submit');
  await flushPromises();
  expect(sent.at(-1)).toEqual(['POST 2fa/authenticate', { code: '123456' }]);
  expect(router.currentRoute.value.path).toBe('/console');
});

test('who was on the way somewhere goes on to there', async () => {
  await open('/login?next=/console/42');
  await fill('anna@centre.example', 'secret');
  expect(router.currentRoute.value.path).toBe('/console/42');
});

test.each(['https://elsewhere.example/', '//elsewhere.example/', '/\\elsewhere.example'])('the address %s in the query leads nowhere', async (next) => {
  await open(`/login?next=${encodeURIComponent(next)}`);
  await fill('anna@centre.example', 'secret');
  expect(router.currentRoute.value.path).toBe('/console');
});

test('who is signed in already is not asked again', async () => {
  replies['GET session'] = [200, {}];
  await open();
  expect(router.currentRoute.value.path).toBe('/console');
});

test('the places are open to their roles only', () => {
  expect(homeOf('client_viewer')).toBe('/client');
  expect(['operator', 'supervisor', 'billing_admin', 'admin', 'client_viewer', 'client_admin'].map((role) => mayEnter(role as never, 'console'))).toEqual([true, true, false, true, false, false]);
  expect(['operator', 'supervisor', 'billing_admin', 'admin', 'client_viewer', 'client_admin'].map((role) => mayEnter(role as never, 'client'))).toEqual([false, true, true, true, true, true]);
  expect(['operator', 'supervisor', 'billing_admin', 'admin', 'client_viewer', 'client_admin'].map((role) => mayEnter(role as never, 'admin'))).toEqual([false, true, true, true, false, false]);
});
