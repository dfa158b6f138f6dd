import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { WebSocketServer, type WebSocket } from 'ws';
import type { LiveEvent, TicketCard } from '../src/api/types';
import * as data from './data.ts';

/**
 * A stand-in for the backend, for looking at screens. Log in with any address; `2fa@...` asks for a code (123456),
 * the password `wrong` is refused, `limit` is rate-limited. POST /mock/{offer,message,wrap,fail,offline} stages events.
 */
export function mockBackend(): Plugin {
  let signedIn = process.env.MOCK_SIGNED_IN !== '0';
  let secondFactor = false;
  let failing = false;
  let serial = 1;
  const log: LiveEvent[] = [];
  const sockets = new Set<WebSocket>();
  const cards = (): TicketCard[] => [...data.open, ...data.queue, data.offered];

  function push(kind: string, payload: Record<string, unknown>, account: number | null = null): void {
    const event = { cursor: `5-${++serial}`, kind, at: new Date().toISOString(), account_id: account, payload } as LiveEvent;
    log.push(event);
    for (const socket of sockets) socket.send(JSON.stringify({ type: 'event', cursor: event.cursor, event }));
  }
  const refused = (status: number, code: string, message: string, field?: string): [number, unknown] => [status, { error: { code, message, field } }];

  function auth(method: string, path: string, body: Record<string, string>): [number, unknown] {
    const anonymous: [number, unknown] = [401, { status: 401, data: { flows: [{ id: 'login' }] }, meta: { is_authenticated: false } }];
    const pending: [number, unknown] = [401, { status: 401, data: { flows: [{ id: 'login' }, { id: 'mfa_authenticate', is_pending: true, types: ['totp'] }] } }];
    if (path === 'session' && method === 'DELETE') {
      signedIn = secondFactor = false;
      return anonymous;
    }
    if (path === 'session') return signedIn ? [200, { status: 200, data: {} }] : secondFactor ? pending : anonymous;
    if (path === 'login') {
      if (body.password === 'limit') return [429, {}];
      if (body.password === 'wrong') return [400, { status: 400, errors: [{ message: 'mismatch', code: 'email_password_mismatch', param: 'password' }] }];
      secondFactor = body.email!.startsWith('2fa');
      if (secondFactor) return pending;
    } else if (body.code !== '123456') {
      return [400, { status: 400, errors: [{ message: 'Incorrect code.', code: 'incorrect_code', param: 'code' }] }];
    }
    signedIn = true;
    return [200, { status: 200, data: {} }];
  }

  function ticketCall(method: string, id: number, rest: string, body: Record<string, unknown>): [number, unknown] {
    const card = cards().find((item) => item.id === id);
    if (!card) return refused(404, 'not_found', 'No such ticket');
    if (rest === '') {
      if (method === 'PATCH') {
        Object.assign(card, body);
        push('ticket.changed', { ticket_id: id }, card.account_id);
      } else card.unread = 0;
      return [200, data.detail(card)];
    }
    if (rest === 'timeline/') return [200, { results: data.timelines.get(id) ?? [], cursor: `5-${serial}` }];
    if (rest === 'replies/' || rest === 'notes/') {
      if (failing) return refused(503, 'unavailable', 'The worker does not answer');
      const known = data.timelines.get(id) ?? [];
      data.timelines.set(id, known);
      const entry = data.say({
        at: new Date().toISOString(), type: rest === 'notes/' ? 'note' : 'message', author: { kind: 'operator', name: data.me.full_name }, direction: rest === 'notes/' ? null : 'out',
        channel: rest === 'notes/' ? null : (body.channel as TicketCard['channel']), text: String(body.text), status: rest === 'notes/' ? null : 'queued', client_uuid: String(body.client_uuid),
      });
      known.push(entry);
      push('entry.added', { ticket_id: id, entry: { type: entry.type, id: entry.id } }, card.account_id);
      setTimeout(() => {
        if (entry.status) entry.status = 'sent';
        push('entry.changed', { ticket_id: id, entry: { type: entry.type, id: entry.id } }, card.account_id);
      }, 900);
      return [201, entry];
    }
    if (rest === 'callbacks/' || rest === 'interpreter/') return [200, { results: [] }];
    if (rest === 'translations/') return [200, { is_allowed: false, results: [] }];
    if (rest === 'recipients/') return [200, { to: [{ name: card.contact?.name, email: card.contact?.point }], cc: [{ name: 'Tom Reed', email: 'tom@kestrel.example' }], known: [card.contact?.point, 'tom@kestrel.example', 'help@northwind.example'] }];
    if (rest === 'social/') return [200, { provider: 'whatsapp', is_open: card.assignee === null, open_until: card.assignee === null ? data.ahead(5400) : null, max_text: 60, templates: [{ id: 1, name: 'appointment', language: 'ru', body: 'Здравствуйте, {{1}}! Напоминаем о приёме {{2}}. Ответьте на это сообщение, чтобы перенести его.', parameters: 2 }, { id: 2, name: 'greeting', language: 'en', body: 'Hello! Please write back, we have an answer for you.', parameters: 0 }] }];
    if (rest === 'template-replies/') return [201, {}];
    if (rest === 'finish/') {
      card.assignment_state = 'wrapping';
      data.wraps.set(id, { ticket_id: id, due_at: data.ahead(60), started_at: new Date().toISOString(), extended: false });
      push('wrap.started', { ticket_id: id });
      return [200, data.detail(card)];
    }
    if (rest === 'wrap-up/extend/') {
      const wrap = data.wraps.get(id);
      if (!wrap || wrap.extended) return refused(409, 'already_extended', 'The wrap-up was extended once');
      Object.assign(wrap, { due_at: new Date(Date.parse(wrap.due_at ?? '') + 60_000).toISOString(), extended: true });
      return [200, data.detail(card)];
    }
    if (rest === 'wrap-up/') {
      data.wraps.delete(id);
      Object.assign(card, { assignment_state: null, status: body.status });
      data.open.splice(data.open.indexOf(card), 1);
      push('wrap.finished', { ticket_id: id });
      return [200, data.detail(card)];
    }
    return [200, {}];
  }

  function answer(method: string, url: URL, body: Record<string, unknown>): [number, unknown] {
    const path = url.pathname;
    if (path.startsWith('/_allauth/browser/v1/auth/')) return auth(method, path.slice(26), body as Record<string, string>);
    if (path.startsWith('/mock/')) return stage(path.slice(6), body);
    if (!signedIn) return refused(401, 'not_authenticated', 'Sign in first');
    if (path === '/api/v1/me/') return [200, { ...data.me, server_time: new Date().toISOString() }];
    if (path === '/api/v1/break-reasons/') return [200, { results: [{ reason: 'rest', labels: { en: 'Short break', ru: 'Короткий перерыв', es: 'Pausa corta' }, is_active: true }, { reason: 'meal', labels: { en: 'Meal', ru: 'Обед', es: 'Comida' }, is_active: true }] }];
    if (path === '/api/v1/callbacks/') return [200, { results: [], next: null }];
    if (path === '/api/v1/file-abilities/') return [200, { results: ['email', 'webchat'].map((kind) => ({ kind, provider: '', max_files: 20, text_with_files: true })) }];
    if (path === '/api/v1/console/') return [200, { ...data.snapshot, open: data.open.filter((item) => item.assignment_state === 'active'), wrapping: data.open.flatMap((item) => (data.wraps.has(item.id) ? [{ ...data.wraps.get(item.id)!, ticket: item }] : [])), cursor: `5-${serial}`, server_time: new Date().toISOString() }];
    if (path === '/api/v1/events/') {
      const after = Number(url.searchParams.get('after')?.split('-')[1] ?? 0);
      const results = log.filter((event) => Number(event.cursor.slice(2)) > after);
      return [200, { results, next: results.at(-1)?.cursor ?? null, reload: false }];
    }
    if (path === '/api/v1/presence/') {
      Object.assign(data.snapshot.presence, { state: body.state, reason: body.reason ?? '', since: new Date().toISOString() });
      push('presence.changed', { operator_id: 11, ...data.snapshot.presence });
      return answer('GET', new URL('/api/v1/console/', url), {});
    }
    const offer = /^\/api\/v1\/offers\/(\d+)\/(accept|decline)\/$/.exec(path);
    if (offer) {
      const made = data.snapshot.offer;
      if (!made) return refused(409, 'offer_gone', 'The offer has expired');
      data.snapshot.offer = null;
      if (offer[2] === 'accept') data.open.push(Object.assign(data.offered, { assignment_state: 'active', status: 'open', since: new Date().toISOString(), assignee: { id: 11, name: data.me.full_name } }));
      push('offer.resolved', { offer_id: made.id, ticket_id: made.ticket.id, state: 'accepted' });
      return [200, made];
    }
    if (path === '/api/v1/tickets/') {
      const query = url.searchParams.get('q')?.toLowerCase() ?? '';
      const all = { queue: data.queue, mine: data.open, team: [...data.open, ...data.queue], all: cards() }[url.searchParams.get('view') ?? 'all'] ?? [];
      return [200, { results: all.filter((item) => `${item.subject} ${item.contact?.name} ${item.contact?.point} ${item.number}`.toLowerCase().includes(query)), next: null, cursor: `5-${serial}` }];
    }
    const ticket = /^\/api\/v1\/tickets\/(\d+)\/(.*)$/.exec(path);
    if (ticket) return ticketCall(method, Number(ticket[1]), ticket[2]!, body);
    if (/^\/api\/v1\/messages\/\d+\/$/.test(path)) return [200, { text: 'The total on invoice 2214 is wrong, see below.\n\nRegards\nPriya\n\n> On Tuesday you wrote:\n> Please find invoice 2214.' }];
    if (path.startsWith('/api/v1/messages/')) return [200, { html: '<p>Здравствуйте! Заказ <b>55-1702</b> должен был прийти во вторник.</p><table border="1"><tr><td>Накладная</td><td>55-1702</td></tr></table>' }];
    if (path === '/api/v1/playbook/') return [200, data.playbook(Number(url.searchParams.get('account')))];
    if (path === '/api/v1/admin/accounts/') return [200, { results: data.me.accounts }];
    if (path === '/api/v1/admin/endpoint-providers/') return [200, { results: data.providers }];
    if (path === '/api/v1/admin/endpoints/') return [200, { results: data.endpoints }];
    if (path.endsWith('/test/')) return failing ? [200, { ok: false, message: 'The access token was refused (401). Set a new one.' }] : [200, { ok: true, message: 'The number answers as “Northwind” and its webhook points here.' }];
    if (path.endsWith('/mailbox/')) return [200, { folders: data.folders }];
    if (path.endsWith('/raw/')) return [200, { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value: { messages: [{ id: 'wamid.1', type: 'order' }] } }] }] }];
    if (path === '/api/v1/receipts/retry/') return [200, { retried: 3, remaining: 0 }];
    if (path === '/api/v1/receipts/') return [200, { results: url.searchParams.get('state') === 'failed' ? data.receipts : [], next: null }];
    return refused(404, 'not_found', 'No such address');
  }

  function stage(what: string, body: Record<string, unknown>): [number, unknown] {
    if (what === 'offer') {
      data.snapshot.offer = { id: ++serial, ticket: data.offered, channel: 'chat', offered_at: new Date().toISOString(), expires_at: data.ahead(Number(body.seconds ?? 30)), why: { language: 'es' }, purpose: 'route', bridge: '' };
      push('offer.made', { offer: data.snapshot.offer });
    } else if (what === 'message') {
      const card = data.open[1]!;
      const entry = data.say({ at: new Date().toISOString(), author: { kind: 'contact', name: card.contact!.name }, channel: 'chat', text: String(body.text ?? 'Are you there?') });
      data.timelines.get(card.id)?.push(entry);
      card.unread += 1;
      push('entry.added', { ticket_id: card.id, entry: { type: 'message', id: entry.id } }, card.account_id);
    } else if (what === 'fail') failing = body.on !== false;
    else if (what === 'empty') {
      data.open.length = data.queue.length = 0;
      data.snapshot.pulse = { waiting: 0, longest_since: null, ready: 3, signed_in: 14 };
      push('queue.pulse', { ...data.snapshot.pulse });
    } else if (what === 'drop') for (const socket of sockets) socket.terminate();
    return [200, {}];
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const [status, body] = answer(request.method ?? 'GET', new URL(request.url ?? '/', 'http://mock'), text ? (JSON.parse(text) as Record<string, unknown>) : {});
    await new Promise((done) => setTimeout(done, Number(process.env.MOCK_LATENCY ?? 60)));
    response.writeHead(status, { 'Content-Type': 'application/json', 'Set-Cookie': 'csrftoken=mock; Path=/' });
    response.end(JSON.stringify(body));
  }

  return {
    name: 'mock-backend',
    configureServer(server) {
      const wss = new WebSocketServer({ noServer: true });
      server.httpServer?.on('upgrade', (request, socket, head) => {
        if (!request.url?.startsWith('/ws/console/')) return;
        wss.handleUpgrade(request, socket, head, (connection) => {
          sockets.add(connection);
          connection.on('close', () => sockets.delete(connection));
          connection.on('message', (message: Buffer) => {
            if ((JSON.parse(message.toString()) as { type: string }).type === 'ping') connection.send(JSON.stringify({ type: 'pong', server_time: new Date().toISOString() }));
          });
        });
      });
      server.middlewares.use((request, response, next) => {
        if (/^\/(api|_allauth|mock)\//.test(request.url ?? '')) void handle(request, response);
        else next();
      });
    },
  };
}
