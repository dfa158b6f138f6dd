import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { i18n, useArea } from '@/i18n';
import CallStrip from './CallStrip.vue';
import { useLive } from './live';

const own = {
  call_id: 9, number: '+442079460009', operator_id: 11, operator_name: 'Anna', is_own: true, since: '2026-06-05T10:00:00Z', held_since: null as string | null, telephones: [12],
  abilities: (['hold', 'resume', 'transfer', 'hang_up'] as const).map((action) => ({ action, absent: '' })) as { action: string; absent: string }[],
};
const pinia = createPinia();
let shown: unknown;
let posts: [string, unknown][];
let view: VueWrapper;

async function open(call: unknown): Promise<void> {
  shown = call;
  view = mount(CallStrip, { props: { ticketId: 42, rows: [] }, global: { plugins: [pinia, PiniaColada, i18n] }, attachTo: document.body });
  await flushPromises();
}
const labels = (): string[] => view.findAll('button').map((button) => button.text());

beforeEach(async () => {
  posts = [];
  setActivePinia(pinia);
  await useArea('desk');
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname.replace('/api/v1/', '');
    const answer = (body: unknown): Response => new Response(JSON.stringify(body), { status: 200, headers: { 'Content-Type': 'application/json' } });
    if (request.method === 'GET') return answer({ call: shown });
    posts.push([path, await request.json()]);
    return answer({ id: 5, call_id: 9, action: 'hold', state: 'requested', reason: '', requested_at: '2026-06-05T10:01:00Z' });
  });
});
afterEach(() => {
  view.unmount();
  vi.unstubAllGlobals();
});

test('the operator holds, and goes on only when the telephone system has told of the hold', async () => {
  await open(own);
  expect(labels()).toEqual(['Hold', 'Put through', 'Hang up']);
  await view.get('button').trigger('click');
  await flushPromises();
  expect(posts).toEqual([['calls/9/orders/', { action: 'hold' }]]);
  expect(view.findAll('button').every((button) => button.attributes('disabled') !== undefined)).toBe(true);
  shown = { ...own, held_since: '2026-06-05T10:01:00Z' };
  useLive().ordered = { order_id: 5, call_id: 9, action: 'hold', state: 'done', reason: '' };
  await flushPromises();
  expect(view.text()).toContain('The caller is on hold');
  expect(labels()[0]).toBe('Go on');
});

test('what the telephone system does not offer is absent and says why, once', async () => {
  const abilities = own.abilities.map((one) => (one.action === 'hold' || one.action === 'resume' ? { ...one, absent: 'hold_not_set_up' } : one));
  await open({ ...own, abilities });
  expect(labels()).toEqual(['Put through', 'Hang up']);
  expect(view.findAll('p.absent').map((one) => one.text())).toEqual(['Hold with the key of the telephone: this telephone system is not set up for it from here.']);
});

test('a supervisor sees whose call it is and may listen or speak to the operator', async () => {
  await open({ ...own, is_own: false, abilities: ['listen', 'whisper'].map((action) => ({ action, absent: '' })) });
  expect(view.text()).toContain('Anna is on the line with');
  expect(labels()).toEqual(['Listen', 'Speak to the operator']);
});

test('nothing is shown when nobody speaks', async () => {
  await open(null);
  expect(view.find('.strip').exists()).toBe(false);
});
