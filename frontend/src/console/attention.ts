import { onBeforeUnmount, onMounted, ref, watch } from 'vue';
import { useLive } from './live';

/** The ledger lets attention last so long after the last activity. */
const LASTS_MS = 90_000;
const SIGN_MS = 25_000;

/** Tells the server which ticket the operator attends to: `wanted` while the page is in front, with signs of activity. */
export function useAttention(wanted: () => number | null): void {
  const live = useLive();
  const visible = ref(!document.hidden);
  let attended: number | null = null;
  let activeAt = Date.now();
  let signedAt = 0;

  watch(
    () => (visible.value ? wanted() : null),
    (ticketId) => {
      if (ticketId === attended) return;
      if (attended !== null) live.focus(attended, false);
      if (ticketId !== null) {
        // to turn to a ticket is activity
        activeAt = signedAt = Date.now();
        live.focus(ticketId, true);
      }
      attended = ticketId;
    },
  );

  // Each sign tells how long ago the last activity was, none repeats it.
  function sign(): void {
    if (attended === null || activeAt <= signedAt) return;
    signedAt = Date.now();
    const idle = signedAt - activeAt;
    if (idle < LASTS_MS) live.focus(attended, true, idle);
  }
  const heartbeat = setInterval(sign, SIGN_MS);
  // The server forgets the attention with the connection.
  watch(
    () => live.connection,
    (state) => {
      if (state !== 'online') return;
      signedAt = 0;
      sign();
    },
  );

  const beActive = (): void => void (activeAt = Date.now());
  const onVisibility = (): void => void (visible.value = !document.hidden);
  onMounted(() => {
    window.addEventListener('keydown', beActive, true);
    window.addEventListener('pointermove', beActive, { passive: true });
    document.addEventListener('visibilitychange', onVisibility);
  });
  onBeforeUnmount(() => {
    if (attended !== null) live.focus(attended, false);
    clearInterval(heartbeat);
    window.removeEventListener('keydown', beActive, true);
    window.removeEventListener('pointermove', beActive);
    document.removeEventListener('visibilitychange', onVisibility);
  });
}
