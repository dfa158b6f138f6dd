import type { ApiError } from '@/api/client';
import type { Callback } from '@/api/types';

interface CallbackStand {
  /** mine: the person is to call; theirs: somebody else is; later: not before an instant; waiting: in its place. */
  key: 'mine' | 'theirs' | 'later' | 'waiting';
  /** The attempt that is under way or comes next. */
  attempt: number;
}

/** How an open request stands for the person who looks. */
export function callbackStand(one: Pick<Callback, 'state' | 'operator' | 'next_attempt_at' | 'attempts_made'>, operatorId: number | null): CallbackStand {
  const attempt = one.attempts_made + 1;
  if (one.state === 'calling') return { key: operatorId !== null && one.operator?.id === operatorId ? 'mine' : 'theirs', attempt };
  return { key: one.next_attempt_at === null ? 'waiting' : 'later', attempt };
}

/** The call cannot be placed from here, but any telephone can dial it. */
export function isNoTelephone(error: Pick<ApiError, 'code' | 'field'>): boolean {
  return error.code === 'no_telephone' || error.code === 'no_telephone_system' || error.field === 'number';
}
