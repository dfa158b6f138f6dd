import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMemoryHistory, createRouter } from 'vue-router';
import type { Entry, TicketCard, TicketDetail } from '@/api/types';
import { i18n } from '@/i18n';
import { useSession } from '@/session';
import Composer from './Composer.vue';
import { useLive } from './live';
import NewTicketDialog from './NewTicketDialog.vue';
import OfferCard from './OfferCard.vue';
import { useTicket } from './ticket';
import WrapUp from './WrapUp.vue';

const card: TicketCard = {
  id: 42, number: 'MT-1042', account_id: 1, contact: { id: 5, name: 'Olga Petrova', point: '+79164402217' }, channel: 'chat', subject: 'Where is it?', language: 'ru', status: 'open',
  unread: 0, waiting_since: null, last_activity_at: '2026-06-05T10:00:00Z', assignee: { id: 11, name: 'Anna' }, preview: '', assignment_state: 'active', since: '2026-06-05T10:00:00Z', due_at: null, due_for: '', is_breached: false, snoozed_until: null,
};
const detail: TicketDetail = {
  ...card, priority: 0, opened_at: '2026-06-05T10:00:00Z', solved_at: null, contact_points: [], linked_tickets: 0, relations: [], bridge: '', history_count: 0, channels_available: ['chat', 'email'], endpoints: [],
  drafts: [{ channel: 'email', text: 'half a mail' }], wrap: null,
};
const stored = (body: { client_uuid: string; text: string }): Entry => ({
  type: 'message', id: 7, at: '2026-06-05T10:01:00Z', author: { kind: 'operator', name: 'Anna' }, channel: 'chat', direction: 'out', kind: 'message', text: body.text, html_available: false,
  subject: '', status: 'queued', error: '', attachments: [], call: null, score: null, client_uuid: body.client_uuid, parts: null, recipients: null, bounces: [], complaints: [], incomplete: '', protection: [], is_cut: false, edits: [],
});

let replies: (body: Record<string, unknown>) => [number, unknown];
let posts: [string, Record<string, unknown>][];
let timeline: Entry[];
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/console/:ticket?', name: 'console', alias: '/', component: { template: '<i />' } }] });
const pinia = createPinia();
const plugins = [pinia, PiniaColada, router, i18n];

beforeEach(async () => {
  posts = [];
  timeline = [];
  replies = (body) => [201, stored(body as never)];
  localStorage.clear();
  setActivePinia(pinia);
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname.replace('/api/v1/', '');
    if (request.method === 'GET') {
      const body = path.endsWith('timeline/') ? { results: timeline, cursor: '1-1' } : path === 'console/' ? { cursor: '1-1', server_time: new Date().toISOString(), calls: [], open: [card], wrapping: [], offer: null } : detail;
      return new Response(JSON.stringify(body), { status: 200, headers: { 'Content-Type': 'application/json' } });
    }
    const body = JSON.parse((await request.text()) || '{}') as Record<string, unknown>;
    if (!path.includes('drafts/')) posts.push([path, body]);
    if (path.includes('drafts/')) return new Response(null, { status: 204 });
    const [status, answer] = replies(body);
    if (status === 0) throw new TypeError('Failed to fetch');
    return new Response(JSON.stringify(answer), { status, headers: { 'Content-Type': 'application/json' } });
  });
  useSession().me = { id: 1, email: 'anna@centre.example', full_name: 'Anna Kovacs', role: 'operator', language: 'en', operator_id: 11, accounts: [], server_time: '', live_cursor: '1-1' };
  await useTicket().show(42);
});
afterEach(async () => {
  // A draft that is closed is mirrored once more.
  await flushPromises();
  vi.unstubAllGlobals();
});

describe('sending', () => {
  test('the text is on screen before the server has it, and keeps its row when it has', async () => {
    const ticket = useTicket();
    const done = ticket.write('message', 'chat', 'Hello');
    expect(ticket.rows?.at(-1)).toMatchObject({ text: 'Hello', local: 'sending' });
    const key = ticket.rows?.at(-1)?.key;
    expect(await done).toBe(true);
    expect(ticket.rows?.at(-1)).toMatchObject({ key, local: null, status: 'queued', id: 7 });
    expect(ticket.rows).toHaveLength(1);
  });

  test('a failed message is tried again under the same identity', async () => {
    const ticket = useTicket();
    replies = () => [0, null];
    expect(await ticket.write('message', 'chat', 'Hello')).toBe(false);
    expect(ticket.rows?.at(-1)).toMatchObject({ local: 'failed', problem: 'No connection' });
    replies = (body) => [201, stored(body as never)];
    expect(await ticket.again(ticket.rows!.at(-1)!)).toBe(true);
    expect(posts.map(([path]) => path)).toEqual(['tickets/42/replies/', 'tickets/42/replies/']);
    expect(posts[0]![1].client_uuid).toBe(posts[1]![1].client_uuid);
    expect(ticket.rows).toHaveLength(1);
  });

  test('what was not confirmed is still there after the page was closed, unless the server has it', async () => {
    replies = () => [0, null];
    await useTicket().write('message', 'chat', 'Hello');
    const unconfirmed = posts[0]![1] as { client_uuid: string; text: string };
    setActivePinia(createPinia());
    useSession().me = { id: 1, email: '', full_name: 'Anna', role: 'operator', language: 'en', operator_id: 11, accounts: [], server_time: '', live_cursor: '1-1' };
    const later = useTicket();
    await later.show(42);
    expect(later.rows).toMatchObject([{ text: 'Hello', local: 'failed', key: unconfirmed.client_uuid }]);
    timeline = [stored(unconfirmed)];
    await later.show(42);
    expect(later.rows).toMatchObject([{ text: 'Hello', local: null, id: 7 }]);
    expect(localStorage.getItem('draft:1:42:outbox')).toBeNull();
  });

  test('a refusal is said in the words of the server', async () => {
    replies = () => [409, { error: { code: 'closed', message: 'This ticket is closed.' } }];
    await useTicket().write('note', null, 'Remark');
    expect(useTicket().rows?.at(-1)).toMatchObject({ type: 'note', local: 'failed', problem: 'This ticket is closed.' });
  });
});

describe('the composer', () => {
  let view: VueWrapper;
  beforeEach(() => (view = mount(Composer, { props: { detail, canFinish: true }, global: { plugins }, attachTo: document.body })));
  afterEach(() => view.unmount());

  test('Ctrl and Enter sends and leaves the field free and in focus', async () => {
    const area = view.get('textarea');
    await area.setValue('Hello');
    area.element.focus();
    await area.trigger('keydown', { code: 'Enter', ctrlKey: true });
    await flushPromises();
    expect(posts).toEqual([['tickets/42/replies/', { client_uuid: expect.any(String) as string, channel: 'chat', text: 'Hello' }]]);
    expect(area.element.value).toBe('');
    expect(document.activeElement).toBe(area.element);
  });

  test('Enter alone is a new line', async () => {
    await view.get('textarea').setValue('Hello');
    await view.get('textarea').trigger('keydown', { code: 'Enter' });
    expect(posts).toEqual([]);
  });

  test('spaces alone are not sent', async () => {
    await view.get('textarea').setValue('   ');
    view.get('textarea').element.focus();
    await view.get('textarea').trigger('keydown', { code: 'Enter', ctrlKey: true });
    expect(posts).toEqual([]);
  });

  test('a note goes to the team and never to the contact', async () => {
    await view.findAll('.mode button').at(-1)!.trigger('click');
    await view.get('textarea').setValue('Between us');
    await view.findAll('.foot button').at(-1)!.trigger('click');
    await flushPromises();
    expect(posts.map(([path]) => path)).toEqual(['tickets/42/notes/']);
  });

  test('reply and note keep their drafts apart', async () => {
    await view.get('textarea').setValue('for the contact');
    await view.findAll('.mode button').at(-1)!.trigger('click');
    await flushPromises();
    expect(view.get('textarea').element.value).toBe('');
    await view.get('.mode button').trigger('click');
    await flushPromises();
    expect(view.get('textarea').element.value).toBe('for the contact');
  });

  test('a closed ticket takes notes only', async () => {
    await view.setProps({ detail: { ...detail, status: 'closed' } });
    expect(view.text()).toContain('This ticket is closed');
    expect(view.find('.foot').text()).toContain('Add the note');
  });
});

describe('the offer', () => {
  const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const offer = { id: 9, ticket: { ...card, subject: '' }, channel: 'chat' as const, offered_at: soon(-10_000), expires_at: soon(20_000), why: {}, purpose: 'route' as const, bridge: '' as const };

  test('says what it is about and never takes the focus', () => {
    const before = document.activeElement;
    const view = mount(OfferCard, { props: { offer, busy: null }, global: { plugins }, attachTo: document.body });
    expect(view.text()).toContain('New chat for you');
    expect(view.text()).toContain('Olga Petrova · +7 916 440-22-17');
    expect(document.activeElement).toBe(before);
    view.unmount();
  });

  test('says why it came to this operator', () => {
    const why = { rule: 'longest_idle', waited_ms: 42_000 };
    const view = mount(OfferCard, { props: { offer: { ...offer, why }, busy: null }, global: { plugins } });
    expect(view.text()).toContain('Why you: you have been free longest · waited 00:42');
  });

  test('of a colleague says who asks, what for, and their note', () => {
    const asked = { ...offer, purpose: 'consult' as const, why: { rule: 'asked', from: 'Anna', note: 'speaks Polish' } };
    const view = mount(OfferCard, { props: { offer: asked, busy: null }, global: { plugins } });
    expect(view.text()).toContain('Anna asks for your help');
    expect(view.text()).toContain('speaks Polish');
  });

  test('cannot be answered twice', async () => {
    const view = mount(OfferCard, { props: { offer, busy: 'accept' as const }, global: { plugins } });
    for (const button of view.findAll('button')) expect(button.attributes('disabled')).toBeDefined();
  });
});

describe('wrap-up', () => {
  const dispositions = [{ code: 'moved', name: 'Moved' }, { code: 'answered', name: 'Answered' }];
  const wrapping: TicketDetail = { ...detail, assignment_state: 'wrapping', wrap: { ticket_id: 42, started_at: '2026-06-05T10:00:00Z', due_at: '2026-06-05T10:01:00Z', extended: false } };

  test('a wrap-up that ends only when it is cleared has no clock and nothing to extend', () => {
    const view = mount(WrapUp, { props: { detail: { ...wrapping, wrap: { ...wrapping.wrap!, due_at: null } }, dispositions: [] }, global: { plugins } });
    expect(view.find('[role=timer]').exists()).toBe(false);
    expect(view.findAll('button').map((button) => button.text())).not.toContain('More time');
    view.unmount();
  });

  test('wants an outcome before anything is sent', async () => {
    const view = mount(WrapUp, { props: { detail: wrapping, dispositions }, global: { plugins } });
    await view.get('form').trigger('submit');
    await flushPromises();
    expect(view.text()).toContain('Choose an outcome.');
    expect(posts).toEqual([]);
  });

  test('sends outcome, comment and the status the ticket is left in', async () => {
    const view = mount(WrapUp, { props: { detail: wrapping, dispositions }, global: { plugins } });
    await view.findAll('select')[0]!.setValue('1');
    await view.findAll('select')[1]!.setValue('1');
    await view.get('input[type=text]').setValue(' called back ');
    await view.get('form').trigger('submit');
    await flushPromises();
    expect(posts).toEqual([['tickets/42/wrap-up/', { disposition: 'answered', comment: 'called back', status: 'pending' }]]);
  });

  test('counts the orders that were taken and what they are worth', async () => {
    const view = mount(WrapUp, { props: { detail: wrapping, dispositions: [] }, global: { plugins } });
    await view.get('input[type=number]').setValue('2');
    await view.get('input[inputmode=decimal]').setValue('a lot');
    await view.get('form').trigger('submit');
    await flushPromises();
    expect(view.text()).toContain('An amount such as 120.50');
    expect(posts).toEqual([]);
    await view.get('input[inputmode=decimal]').setValue('120,50');
    await view.get('form').trigger('submit');
    await flushPromises();
    expect(posts).toEqual([['tickets/42/wrap-up/', { disposition: null, comment: '', status: 'solved', orders: 2, order_amount: '120.50' }]]);
  });

  test('a client without outcomes asks for none', async () => {
    const view = mount(WrapUp, { props: { detail: wrapping, dispositions: [] }, global: { plugins } });
    await view.get('form').trigger('submit');
    await flushPromises();
    expect(posts).toEqual([['tickets/42/wrap-up/', { disposition: null, comment: '', status: 'solved' }]]);
  });

  test('can be saved while more time is still being asked for', async () => {
    let release: () => void = () => undefined;
    const waits = new Promise<void>((done) => (release = done));
    const quick = globalThis.fetch;
    vi.stubGlobal('fetch', async (request: Request) => {
      if (request.url.includes('extend')) await waits;
      return quick(request);
    });
    const view = mount(WrapUp, { props: { detail: wrapping, dispositions: [] }, global: { plugins } });
    await view.findAll('button')[0]!.trigger('click');
    await view.get('form').trigger('submit');
    await flushPromises();
    expect(posts.map(([path]) => path)).toEqual(['tickets/42/wrap-up/']);
    release();
    await flushPromises();
  });

  test('more time is offered once', async () => {
    const view = mount(WrapUp, { props: { detail: wrapping, dispositions }, global: { plugins } });
    expect(view.text()).toContain('More time');
    await view.setProps({ detail: { ...wrapping, wrap: { ...wrapping.wrap!, extended: true } } });
    expect(view.text()).not.toContain('More time');
  });
});

describe('a ticket opened by hand', () => {
  const field = (name: string): HTMLInputElement => [...document.querySelectorAll('label')].find((label) => label.textContent === name)!.control as HTMLInputElement;
  async function set(name: string, value: string): Promise<void> {
    const control = field(name);
    control.value = value;
    control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input'));
    await flushPromises();
  }
  async function submit(): Promise<void> {
    document.querySelector('form')!.dispatchEvent(new Event('submit'));
    await flushPromises();
  }
  let view: VueWrapper;
  beforeEach(async () => {
    useSession().me!.accounts = [{ id: 1, name: 'Northwind', slug: 'northwind', brand_color: '#000000', time_zone: 'Europe/London', currency: 'GBP', language: 'en', ticket_prefix: 'NW' }];
    view = mount(NewTicketDialog, { props: { open: true }, global: { plugins }, attachTo: document.body });
    await flushPromises();
  });
  afterEach(() => view.unmount());

  test('wants a number and a subject before anything is sent', async () => {
    await submit();
    expect(document.body.textContent?.match(/Fill this in\./g)).toHaveLength(2);
    expect(posts).toEqual([]);
  });

  test('is sent under one identity however often it is tried', async () => {
    await set('Number', ' +44 20 7946 0018 ');
    await set('Subject', 'Call me back');
    replies = () => [0, null];
    await submit();
    replies = () => [201, card];
    await submit();
    expect(posts.map(([, body]) => body)).toEqual([1, 2].map(() => ({ account_id: 1, channel: 'voice', subject: 'Call me back', contact: { kind: 'phone', value: '+44 20 7946 0018', name: '' }, text: '', language: '', client_uuid: posts[0]![1].client_uuid })));
    expect(view.emitted('created')).toEqual([[card]]);
  });

  test('a refused number is marked where it stands', async () => {
    await set('Number', 'x');
    await set('Subject', 'Call me back');
    replies = () => [400, { error: { code: 'invalid', message: 'This is no phone number.', field: 'contact.value' } }];
    await submit();
    expect(field('Number').getAttribute('aria-invalid')).toBe('true');
    expect(document.body.textContent).toContain('This is no phone number.');
  });
});

test('tickets in wrap-up stay among those open with me', async () => {
  const live = useLive();
  await live.readSnapshot();
  live.snapshot = { ...live.snapshot!, wrapping: [{ ticket_id: 43, started_at: '2026-06-05T10:00:00Z', due_at: '2026-06-05T10:01:00Z', extended: false, ticket: { ...card, id: 43, assignment_state: 'wrapping' } }] };
  expect(live.open.map((item) => item.id)).toEqual([42, 43]);
});
