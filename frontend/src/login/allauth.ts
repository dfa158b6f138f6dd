import { ApiError, csrfToken } from '@/api/client';

/** The browser protocol of django-allauth headless: a status and, for 401, the flows that are still open. */
const BASE = '/_allauth/browser/v1';

export interface Answer {
  status: number;
  data?: { flows?: { id: string; is_pending?: boolean }[] } & Record<string, unknown>;
  meta?: Record<string, unknown>;
  errors?: { message: string; code: string; param?: string }[];
}

export type Step = 'done' | 'second_factor' | 'signed_out';

export async function send(method: string, path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await globalThis.fetch(`${BASE}/${path}`, {
      method,
      credentials: 'same-origin',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRFToken': csrfToken() },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, 'offline', 'No connection to the server');
  }
  const answer = (await response.json().catch(() => ({}))) as Partial<Answer>;
  return { ...answer, status: response.status };
}

function stepOf(answer: Answer): Step {
  if (answer.status === 200) return 'done';
  if (answer.status === 401) {
    const pending = answer.data?.flows?.find((flow) => flow.is_pending);
    return pending?.id === 'mfa_authenticate' ? 'second_factor' : 'signed_out';
  }
  // 409: this browser is signed in already.
  if (answer.status === 409) return 'done';
  if (answer.status === 429) throw new ApiError(429, 'rate_limited', 'Too many attempts');
  const first = answer.errors?.[0];
  throw new ApiError(answer.status, first?.code ?? `http_${answer.status}`, first?.message ?? '', first?.param ?? null);
}

/** Where the sign-in stands; the answer also sets the CSRF cookie that the next steps need. */
export async function currentStep(): Promise<Step> {
  return stepOf(await send('GET', 'auth/session'));
}

/** Throws ApiError: email_password_mismatch, rate_limited, offline, or another code of allauth. */
export async function signIn(email: string, password: string): Promise<Step> {
  if (!csrfToken()) await currentStep();
  return stepOf(await send('POST', 'auth/login', { email, password }));
}

export async function confirmCode(code: string): Promise<Step> {
  return stepOf(await send('POST', 'auth/2fa/authenticate', { code }));
}

/** Afterwards the server knows no session of this browser. */
export async function signOut(): Promise<void> {
  const answer = await send('DELETE', 'auth/session');
  if (answer.status !== 401 && answer.status !== 200) throw new ApiError(answer.status, `http_${answer.status}`, 'Sign-out failed');
}
