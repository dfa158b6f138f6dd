import { get } from '@/api/client';
import type { LiveEvents } from '@/api/types';
import type { FeedPorts, SocketLike } from '@/live/socket';

/** The feed's connections to the real world. */
export const feedPorts: FeedPorts = {
  open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/console/`) as unknown as SocketLike,
  catchUp: (after) => get<LiveEvents>('/api/v1/events/', { after }),
  random: Math.random,
  setTimer: (work, ms) => setTimeout(work, ms),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  now: () => performance.now(),
};
