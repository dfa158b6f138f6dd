import { computed, ref, type ComputedRef } from 'vue';

/** The server's clock as this device sees it: the device's own clock plus the offset last measured. */
export class ServerClock {
  private offset = 0;
  private best = Infinity;

  constructor(private readonly wall: () => number = () => Date.now()) {}

  /**
   * Takes the server's time as of now. `roundTripMs` is how long the answer took: half of it is taken off,
   * and a slower measure never replaces a quicker one by less than its own uncertainty.
   */
  correct(serverTime: string, roundTripMs = 0): void {
    const at = Date.parse(serverTime);
    if (Number.isNaN(at)) return;
    const offset = at + roundTripMs / 2 - this.wall();
    const uncertainty = roundTripMs / 2 + 1;
    if (uncertainty <= this.best || Math.abs(offset - this.offset) > uncertainty + this.best) {
      this.offset = offset;
      this.best = uncertainty;
    }
  }

  now(): number {
    return this.wall() + this.offset;
  }
}

export const serverClock = new ServerClock();

/** One tick for the whole page: every clock on it moves in the same frame. */
const tick = ref(serverClock.now());

function schedule(): void {
  const now = serverClock.now();
  // Wake just after the second turns, so that no clock shows a second twice.
  setTimeout(
    () => {
      tick.value = serverClock.now();
      schedule();
    },
    1000 - (((now % 1000) + 1000) % 1000) + 5,
  );
}
if (typeof document !== 'undefined' && import.meta.env.MODE !== 'test') {
  schedule();
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) tick.value = serverClock.now();
  });
}

/** The server's time in milliseconds, moving once a second. Only for showing: nothing on screen is billed. */
export const now = computed(() => tick.value);

/** Milliseconds since an instant, never negative; null while there is none. */
export function useElapsed(since: () => string | null | undefined): ComputedRef<number | null> {
  return computed(() => {
    const at = since();
    return at ? Math.max(0, tick.value - Date.parse(at)) : null;
  });
}

/** Milliseconds until an instant, negative once it has passed; null while there is none. */
export function useRemaining(due: () => string | null | undefined): ComputedRef<number | null> {
  return computed(() => {
    const at = due();
    return at ? Date.parse(at) - tick.value : null;
  });
}
