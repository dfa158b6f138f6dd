import type { ConsoleSnapshot, Entry, Me, Playbook, TicketCard, TicketDetail, Wrap } from '../src/api/types';

const started = Date.now();
export const ago = (seconds: number): string => new Date(started - seconds * 1000).toISOString();
export const ahead = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

export const me: Me = {
  id: 1,
  email: 'anna@centre.example',
  full_name: 'Anna Kovacs',
  role: (process.env.MOCK_ROLE ?? 'operator') as Me['role'],
  language: process.env.MOCK_LANG ?? 'en',
  operator_id: 11,
  accounts: [
    { id: 1, name: 'МедТех', slug: 'medtech', brand_color: '#0B5D4B', time_zone: 'Europe/Moscow', currency: 'RUB', language: 'ru', ticket_prefix: 'MT' },
    { id: 2, name: 'Northwind', slug: 'northwind', brand_color: '#1F3A8A', time_zone: 'Europe/London', currency: 'GBP', language: 'en', ticket_prefix: 'NW' },
    { id: 3, name: 'Azul Pay', slug: 'azul-pay', brand_color: '#F2B705', time_zone: 'Europe/Madrid', currency: 'EUR', language: 'es', ticket_prefix: 'AZ' },
  ],
  server_time: new Date().toISOString(),
  live_cursor: '5-1',
};

let nextId = 100;
function card(account: number, name: string, point: string, channel: TicketCard['channel'], subject: string, rest: Partial<TicketCard> = {}): TicketCard {
  const id = nextId++;
  const prefix = { 1: 'MT', 2: 'NW', 3: 'AZ' }[account];
  return {
    id, number: `${prefix}-${1000 + id}`, account_id: account, contact: { id: id + 500, name, point }, channel, subject, status: 'open',
    language: { 1: 'ru', 2: 'en', 3: 'es' }[account]!, unread: 0, waiting_since: null, last_activity_at: ago(60), assignee: null, preview: subject,
    assignment_state: null, since: null, due_at: null, due_for: '', is_breached: false, snoozed_until: null, ...rest,
  };
}
const mine = { assignee: { id: 11, name: 'Anna Kovacs' }, assignment_state: 'active' as const };

export const open: TicketCard[] = [
  card(1, 'Olga Petrova', '+7 916 440-22-17', 'voice', 'Заказ не доставлен', { ...mine, since: ago(271) }),
  card(2, 'James Carter', 'j.carter@mail.example', 'chat', 'The code never arrives', { ...mine, unread: 2, since: ago(48), preview: 'the code never arrives' }),
  card(3, 'María López', 'maria', 'chat', '¿Y el reembolso?', { ...mine, unread: 1, since: ago(80) }),
  card(1, '@ivan.sidorov', '@ivan.sidorov', 'social', 'Ждёт ответа врача', { ...mine, since: ago(185) }),
  card(2, 'Priya Nair', 'priya@kestrel.example', 'email', 'Invoice 2214 question', { ...mine, since: ago(727) }),
];
export const queue: TicketCard[] = [
  card(1, '', '+7 495 220-14-90', 'voice', 'Регистратура', { status: 'new', waiting_since: ago(161) }),
  card(2, 'Ahmed Khan', 'a.khan@mail.example', 'chat', 'Delivery window', { status: 'new', waiting_since: ago(118) }),
  card(3, '', '+34 655 110 902', 'sms', 'Código', { status: 'new', waiting_since: ago(72) }),
  card(2, 'Accounts payable', 'billing@kestrel.example', 'email', 'Credit note for May', { status: 'new', waiting_since: ago(13200) }),
  card(1, '@lena_k', '@lena_k', 'social', 'Отзыв о клинике', { status: 'new', waiting_since: ago(8100) }),
  card(3, 'Tomás Vega', 'tomas.vega@mail.example', 'email', 'Cambio de tarjeta', { status: 'new', waiting_since: ago(18120) }),
  card(3, 'Inés Robles', 'ines', 'chat', 'No puedo entrar en mi cuenta desde el teléfono nuevo', { status: 'new', waiting_since: ago(33) }),
];
export const offered = card(3, 'Carlos Ruiz', '+34 612 004 118', 'chat', 'Pago rechazado dos veces', { status: 'new', waiting_since: ago(20) });

const day = 86400;
let entryId = 1;
export const say = (over: Partial<Entry>): Entry => ({
  type: 'message', id: entryId++, at: ago(0), author: { kind: 'contact', name: 'Olga Petrova' }, channel: 'email', direction: 'in', kind: 'message', html_available: false, subject: '', text: '', status: 'received',
  error: '', attachments: [], call: null, score: null, client_uuid: null, parts: null, recipients: null, bounces: [], complaints: [], incomplete: '', protection: [], is_cut: false, edits: [], ...over,
});
const picture = (id: number): Entry['attachments'][number] => ({ id, filename: `photo ${id}.jpg`, content_type: 'image/jpeg', size: 184320, state: 'stored', error: '', url: '/favicon.svg' });
const anna = { kind: 'operator' as const, name: 'Anna Kovacs' };
export const timelines = new Map<number, Entry[]>([
  [open[0]!.id, [
    say({ at: ago(day + 3600 * 3), html_available: true, text: 'Здравствуйте! Заказ 55-1702 должен был прийти во вторник. Где он?\n\nПрикладываю снимок накладной.', attachments: [{ id: 3, filename: 'накладная 55-1702.jpg', content_type: 'image/jpeg', size: 184320, state: 'stored', error: '', url: '/api/v1/attachments/3/' }] }),
    say({ at: ago(day + 3600 * 2.7), author: { kind: 'operator', name: 'Иван Смирнов' }, direction: 'out', status: 'delivered', text: 'Ольга, заказ на сортировке. Курьер позвонит завтра до 12:00.' }),
    say({ type: 'call', at: ago(2220), channel: 'voice', status: null, call: { direction: 'in', outcome: 'abandoned', ended_at: ago(2182), wait_ms: 38_000, talk_ms: 0, hold_ms: 0, from: '+79164402217', to: '+74952201490', operator: null, hung_up_by: 'caller', flags: [] } }),
    say({ at: ago(1500), channel: 'chat', text: 'Курьер так и не позвонил, сейчас наберу вас' }),
    say({ type: 'note', at: ago(1380), author: anna, channel: null, direction: null, status: null, text: 'Склад подтвердил: посылка в Химках, окно 16–18.' }),
    say({ type: 'event', at: ago(271), author: anna, channel: 'voice', direction: null, status: null, kind: 'ticket.status', text: 'open' }),
    say({ at: ago(120), author: anna, channel: 'sms', direction: 'out', status: 'failed', error: 'The number does not take messages', text: 'Ольга, курьер приедет сегодня с 16 до 18.' }),
  ]],
  [open[1]!.id, [
    say({ at: ago(200), author: { kind: 'contact', name: 'James Carter' }, channel: 'chat', text: 'Hi, I am trying to sign in and the code never arrives.' }),
    say({ at: ago(48), author: { kind: 'contact', name: 'James Carter' }, channel: 'chat', text: 'Third try now.' }),
  ]],
  [open[3]!.id, [
    say({ at: ago(day * 2), author: { kind: 'contact', name: '@ivan.sidorov' }, channel: 'social', text: 'Врач примет в среду?', edits: [{ at: ago(day * 2 - 60), before: 'Врач примет во вторник?' }] }),
    say({ at: ago(day * 2 - 300), author: { kind: 'contact', name: '@ivan.sidorov' }, channel: 'social', attachments: [picture(11), picture(12), picture(13), { ...picture(14), filename: 'запись.ogg', content_type: 'audio/ogg', state: 'pending', url: '' }, { ...picture(15), filename: 'видео.mp4', content_type: 'video/mp4', state: 'failed', error: 'The file is longer than 20000000 bytes.', url: '' }] }),
    say({ at: ago(day * 2 - 900), author: anna, channel: 'social', direction: 'out', status: 'read', text: 'Да, в среду с 10 до 14.' }),
    say({ at: ago(day * 2 - 960), author: anna, channel: 'social', direction: 'out', status: 'queued', error: 'WhatsApp answered 429; tried again in 30 s', text: 'Записать вас на 10:30?' }),
  ]],
  [open[4]!.id, [
    say({ at: ago(7200), author: { kind: 'contact', name: 'Priya Nair' }, text: 'The total on invoice 2214 is wrong, see below.', is_cut: true, html_available: true, recipients: { to: [{ name: 'Northwind', email: 'help@northwind.example' }], cc: [{ name: 'Tom Reed', email: 'tom@kestrel.example' }], bcc: [] } }),
    say({ at: ago(7100), author: anna, direction: 'out', status: 'failed', error: 'Came back: 550 5.1.1', text: 'I am checking it with accounting.', recipients: { to: [{ name: 'Priya Nair', email: 'priya@kestrel.example' }], cc: [{ name: 'Tom Reed', email: 'tom@kestrel.example' }], bcc: [] }, bounces: [
      { at: ago(7000), recipient: 'tom@kestrel.example', code: '5.1.1', hard: true, final: true, reason: 'The email account that you tried to reach does not exist.' },
      { at: ago(7000), recipient: 'priya@kestrel.example', code: '4.2.2', hard: false, final: false, reason: 'Mailbox full' },
    ] }),
    say({ at: ago(6900), author: { kind: 'contact', name: 'Priya Nair' }, kind: 'auto_reply', text: 'I am out of the office until Monday.' }),
    say({ at: ago(6800), author: { kind: 'system', name: '' }, kind: 'bounce', text: 'Delivery has failed to these recipients: tom@kestrel.example' }),
    say({ at: ago(600), author: anna, direction: 'out', status: 'sending', text: 'Corrected, the new invoice follows.' }),
  ]],
]);

export function detail(found: TicketCard): TicketDetail {
  const channels: TicketDetail['channels_available'] = found.channel === 'voice' ? ['sms', 'email'] : [found.channel];
  return {
    ...found, opened_at: found.since ?? found.waiting_since ?? ago(600), linked_tickets: found.channel === 'email' ? 1 : 0, relations: [], bridge: '', history_count: 5, channels_available: channels, drafts: [], priority: 0, solved_at: null, endpoints: found.channel === 'social' ? [{ kind: 'social', name: 'МедТех', provider: 'whatsapp' }] : [],
    contact_points: found.account_id === 1 && found.channel === 'voice' ? [{ kind: 'phone' as const, value: '+79164402217', opted_out: false }, { kind: 'email' as const, value: 'olga.p@mail.example', opted_out: false }] : [{ kind: found.channel === 'voice' ? ('phone' as const) : found.channel, value: found.contact?.point ?? '', opted_out: found.channel === 'sms' }],
    wrap: wraps.get(found.id) ?? null,
  };
}
export const wraps = new Map<number, Wrap>();

export const snapshot: ConsoleSnapshot = {
  cursor: '5-1',
  server_time: '',
  presence: { state: 'available', reason: '', since: ago(4000), next: null, engagement: 'engaged', engagement_since: ago(271) },
  load: { voice: { used: 1, max: 1 }, chat: { used: 2, max: 4 }, email: { used: 1, max: 6 } },
  pulse: { waiting: queue.length, longest_since: ago(161), ready: 3, signed_in: 14 },
  offer: null,
  transfers: [],
  calls: [],
  open,
  wrapping: [],
};

export function playbook(account: number): Playbook {
  const found = me.accounts.find((item) => item.id === account)!;
  return {
    account: found,
    language: found.language,
    phrase: { 1: 'Клиника «МедТех», Анна, здравствуйте!', 2: 'Northwind, Anna speaking, how can I help?', 3: 'Azul Pay, le atiende Anna, ¿en qué puedo ayudarle?' }[account]!,
    scripts: [
      { id: 1, title: 'Доставка', reason: 'delivery', language: 'ru', version: 4, body: 'Назовите номер заказа и сверьте адрес.\n\nОльга, вижу ваш заказ. Он в Химках, курьер приедет сегодня с 16 до 18. Вам удобно?\n\nЕсли нет, предложите другое окно или перевод на старшего.' },
      { id: 2, title: 'Запись к врачу', reason: 'booking', language: 'ru', version: 2, body: 'Спросите имя, дату рождения и жалобу.\n\nПредложите два ближайших окна.' },
    ],
    faq: [
      { id: 1, question: 'Как перенести доставку', answer: 'Перенос возможен до выезда курьера. Предложите любое окно из календаря.', language: 'ru' },
      { id: 2, question: 'Компенсация за опоздание курьера', answer: 'Скидка 10 % на следующий заказ, код даёт старший.', language: 'ru' },
      { id: 3, question: 'Возврат заказа без вскрытия', answer: 'В течение 14 дней, курьер заберёт бесплатно.', language: 'ru' },
    ],
    dispositions: [
      { code: 'moved', name: 'Перенос доставки' },
      { code: 'answered', name: 'Вопрос решён' },
      { code: 'complaint', name: 'Жалоба' },
    ],
  };
}

/** Channels and receipts of the admin pages. */
const health = (over: object = {}): object => ({ last_received_at: ago(40), last_error_at: null, last_error: '', pending: 0, failed: 0, oldest_pending_at: null, lag_ms: 0, ...over });
const channel = (id: number, account_id: number, kind: string, provider: string, address: string, name: string, over: object = {}): Record<string, unknown> => ({
  id, account_id, kind, provider, address, name, language: '', settings: {}, secrets_set: [], webhook_url: provider ? `https://centre.example/hooks/q0Zk3vT${id}/` : '', is_active: true, health: health(), ...over,
});
export const endpoints = [
  channel(1, 1, 'email', '', 'help@medtech.example', 'МедТех, почта', { language: 'ru', secrets_set: ['imap_url'], settings: { from_name: 'Клиника МедТех' } }),
  channel(2, 1, 'social', 'whatsapp', '79161234567', 'МедТех WhatsApp', { language: 'ru', secrets_set: ['access_token', 'app_secret'], health: health({ last_received_at: ago(7200), last_error_at: ago(300), last_error: 'WhatsApp refused the access token (190): the session has expired.', failed: 3, pending: 12, lag_ms: 252_000 }) }),
  channel(3, 1, 'voice', '', 'pbx-1', 'АТС МедТех', { health: health({ last_received_at: ago(3) }) }),
  channel(4, 2, 'webchat', '', 'northwind-chat', 'Northwind chat', { language: 'en', health: health({ last_received_at: null }) }),
  channel(5, 2, 'sms', 'twilio', '+447700900123', 'Northwind SMS', { settings: { account_sid: 'AC0123', per_minute: 120 }, secrets_set: ['auth_token'], health: health({ pending: 4, lag_ms: 9000 }) }),
  channel(6, 3, 'social', 'telegram', '@azulpay_bot', 'Azul Pay Telegram', { language: 'es', is_active: false }),
];
const field = (name: string, secret = false, required = true, choices: string[] = []): object => ({ name, secret, required, choices });
export const providers = [
  { kind: 'sms', provider: 'http', fields_needed: [field('inbound'), field('send'), field('reports', false, false), field('hook_password', true, false)] },
  { kind: 'sms', provider: 'kannel', fields_needed: [field('send_url'), field('username'), field('password', true), field('use_national', false, false, ['true', 'false'])] },
  { kind: 'sms', provider: 'twilio', fields_needed: [field('account_sid'), field('auth_token', true), field('messaging_service_sid', false, false), field('api_url', false, false)] },
  { kind: 'social', provider: 'telegram', fields_needed: [field('bot_token', true), field('webhook_secret', true)] },
  { kind: 'social', provider: 'whatsapp', fields_needed: [field('access_token', true), field('app_secret', true), field('verify_token', true), field('business_account_id', false, false)] },
];
export const folders = [{ name: 'INBOX', on_server: 1204, stored: 1203, ticketed: 1198, refused: 1, missing: 0, checked_at: ago(120), error: '', error_at: null }, { name: 'Spam', on_server: 88, stored: 80, ticketed: 80, refused: 0, missing: 8, checked_at: ago(120), error: 'The server closed the connection while mail 81 was read.', error_at: ago(100) }];
export const receipts = [1, 2, 3].map((id) => ({
  id: 9000 + id, account_id: 1, endpoint: '79161234567', kind: 'social', external_id: `wamid.${id}`, received_at: ago(id * 500), state: 'failed', attempts: 8, next_attempt_at: null, outcome: {}, raw_url: `/api/v1/receipts/${9000 + id}/raw/`,
  error: ['messages[0].type: “order” is not understood by this version.', 'RuntimeError: the store of files is full', 'contacts: missing.'][id - 1],
}));
