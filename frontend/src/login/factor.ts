import { ApiError } from '@/api/client';
import { send, type Answer } from './allauth';

/** The second factor of the person who is signed in, as django-allauth headless keeps it. */
export type Factor = { active: true; unusedCodes: number } | { active: false; secret: string; url: string };

/** The server wants to know once more who is there; `by` says how that can be shown. */
export class IdentityNeeded extends Error {
  constructor(readonly by: 'password' | 'code') {
    super('identity needed');
  }
}

function refuse(answer: Answer): never {
  const flows = answer.data?.flows?.map((flow) => flow.id) ?? [];
  if (answer.status === 401 && flows.includes('reauthenticate')) throw new IdentityNeeded('password');
  if (answer.status === 401 && flows.includes('mfa_reauthenticate')) throw new IdentityNeeded('code');
  const first = answer.errors?.[0];
  throw new ApiError(answer.status, first?.code ?? `http_${answer.status}`, first?.message ?? '', first?.param ?? null);
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await send(method, path, body);
  if (answer.status !== 200) refuse(answer);
  return answer;
}

/** Without a second factor the answer holds a fresh secret to enrol with. */
export async function readFactor(): Promise<Factor> {
  const answer = await call('GET', 'account/authenticators');
  const held = (Array.isArray(answer.data) ? answer.data : []) as { type: string; unused_code_count?: number }[];
  if (held.some((item) => item.type === 'totp')) return { active: true, unusedCodes: held.find((item) => item.type === 'recovery_codes')?.unused_code_count ?? 0 };
  const fresh = await send('GET', 'account/authenticators/totp');
  if (fresh.status !== 404) refuse(fresh);
  return { active: false, secret: String(fresh.meta?.secret), url: String(fresh.meta?.totp_url) };
}

/** Afterwards each sign-in asks for a code of the app. Throws ApiError incorrect_code, or IdentityNeeded. */
export async function switchOn(code: string): Promise<void> {
  await call('POST', 'account/authenticators/totp', { code });
}

export async function switchOff(): Promise<void> {
  await call('DELETE', 'account/authenticators/totp');
}

/** Makes ten new recovery codes; the earlier ones no longer work. */
export async function makeRecoveryCodes(): Promise<string[]> {
  const answer = await call('POST', 'account/authenticators/recovery-codes', {});
  return (answer.data?.unused_codes as string[] | undefined) ?? [];
}

/** Shows the server who is there; afterwards what was refused with IdentityNeeded is taken for some minutes. */
export async function confirmIdentity(by: 'password' | 'code', value: string): Promise<void> {
  await call('POST', by === 'password' ? 'auth/reauthenticate' : 'auth/2fa/reauthenticate', { [by]: value });
}
