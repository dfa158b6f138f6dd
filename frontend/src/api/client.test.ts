import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError, get, post, whenSignedOut } from './client';

let asked: Request[];
function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request);
    return new Response(body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
  });
}
async function failure(work: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await work.catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

beforeEach(() => {
  asked = [];
  document.cookie = 'csrftoken=token-1';
});
afterEach(() => {
  vi.unstubAllGlobals();
  whenSignedOut(() => undefined);
});

test('a write carries the CSRF token, a read does not', async () => {
  answer(200, {});
  await get('/api/v1/console/');
  await post('/api/v1/presence/', { state: 'available' });
  expect(asked.map((request) => [request.method, request.headers.get('X-CSRFToken')])).toEqual([['GET', null], ['POST', 'token-1']]);
  expect(await asked[1]!.json()).toEqual({ state: 'available' });
});

test('empty filters stay out of the address', async () => {
  answer(200, { results: [] });
  await get('/api/v1/tickets/', { view: 'queue', account: null, q: '', status: undefined });
  expect(new URL(asked[0]!.url).search).toBe('?view=queue');
});

test('a refusal says its code, field and message', async () => {
  answer(400, { error: { code: 'invalid', message: 'Choose an outcome.', field: 'disposition', data: { left: 2 } } });
  expect(await failure(post('/api/v1/tickets/1/wrap-up/'))).toMatchObject({ status: 400, code: 'invalid', message: 'Choose an outcome.', field: 'disposition', data: { left: 2 }, retryable: false });
});

test('no connection is an error of its own and may be tried again', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  expect(await failure(get('/api/v1/me/'))).toMatchObject({ status: 0, code: 'offline', offline: true, retryable: true });
});

test('a page of HTML instead of JSON is an error, not a crash', async () => {
  answer(502, '<html>Bad gateway</html>');
  expect(await failure(get('/api/v1/me/'))).toMatchObject({ status: 502, code: 'http_502', retryable: true });
  answer(200, '<html>');
  expect(await failure(get('/api/v1/me/'))).toMatchObject({ code: 'bad_answer' });
});

test('an ended session is told once it is noticed', async () => {
  const ended = vi.fn();
  whenSignedOut(ended);
  answer(401, { error: { code: 'not_authenticated', message: 'Sign in.' } });
  await failure(get('/api/v1/console/'));
  expect(ended).toHaveBeenCalledOnce();
});

test('an answer without content is no error', async () => {
  answer(204, undefined);
  expect(await post('/api/v1/tickets/1/focus/', { active: true })).toBeUndefined();
});
