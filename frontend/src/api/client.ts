import createClient, { type Middleware } from 'openapi-fetch';

/** What the server refused or the network lost: the code is for programs, the message for people, the field for forms. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly data: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** The request never got an answer: it may be sent again with the same idempotency key. */
  get offline(): boolean {
    return this.code === 'offline';
  }

  get retryable(): boolean {
    return this.offline || this.status >= 500 || this.status === 429;
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? '';
}

const csrf: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('X-CSRFToken', csrfToken());
    return request;
  },
};

interface ErrorBody {
  error?: { code?: string; message?: string; field?: string; data?: Record<string, unknown> };
}

/** Called when the session has ended while the page is open. */
let onSignedOut: () => void = () => undefined;
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

// openapi-fetch keeps the fetch it saw at import; the arrow lets tests and tools replace it.
const transport = createClient<Record<string, Record<string, never>>>({
  baseUrl: '',
  credentials: 'same-origin',
  headers: { Accept: 'application/json' },
  fetch: (request) => globalThis.fetch(request),
});
transport.use(csrf);

/** One request to the backend; the value is the decoded body. Throws ApiError and nothing else. */
export async function request<T>(method: Method, path: string, options: { query?: Query; body?: unknown; signal?: AbortSignal } = {}): Promise<T> {
  const query = Object.fromEntries(Object.entries(options.query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  let outcome: { data?: unknown; error?: unknown; response: Response };
  try {
    const call = transport.request as (...args: unknown[]) => Promise<typeof outcome>;
    outcome = await call(method.toLowerCase(), path, { params: { query }, body: options.body, signal: options.signal });
  } catch (cause) {
    if (options.signal?.aborted) throw new ApiError(0, 'aborted', 'Cancelled');
    if (cause instanceof SyntaxError) throw new ApiError(502, 'bad_answer', 'The server sent an answer that cannot be read');
    throw new ApiError(0, 'offline', 'No connection to the server');
  }
  if (outcome.response.ok) return outcome.data as T;
  throw errorOf(outcome.response.status, outcome.error);
}

function errorOf(status: number, body: unknown): ApiError {
  const error = typeof body === 'object' && body !== null ? (body as ErrorBody).error : undefined;
  if (status === 401) onSignedOut();
  if (!error || typeof error !== 'object') return new ApiError(status, `http_${status}`, `The server answered ${status}`);
  return new ApiError(status, error.code ?? `http_${status}`, error.message ?? `The server answered ${status}`, error.field ?? null, error.data ?? {});
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> => request<T>('GET', path, { query, signal });
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>('POST', path, { body });
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>('PUT', path, { body });
export const patch = <T>(path: string, body: unknown): Promise<T> => request<T>('PATCH', path, { body });
export const remove = <T>(path: string): Promise<T> => request<T>('DELETE', path);
