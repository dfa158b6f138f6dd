/** One tab rings: the one that holds the lock; when it closes, the next one takes over. */
let leader = !('locks' in navigator);
if (!leader) {
  void navigator.locks.request('console-ring', () => {
    leader = true;
    return new Promise(() => undefined);
  });
}

const KEY = 'alerts';
export function alertsOn(): boolean {
  return localStorage.getItem(KEY) !== 'off';
}
export function setAlerts(on: boolean): void {
  localStorage.setItem(KEY, on ? 'on' : 'off');
  if (on && 'Notification' in window && Notification.permission === 'default') void Notification.requestPermission();
}

let audio: AudioContext | null = null;

/** Two short tones; silence where the browser does not allow sound yet. */
function chime(): void {
  try {
    audio ??= new AudioContext();
    if (audio.state === 'suspended') void audio.resume();
    const start = audio.currentTime;
    for (const [index, frequency] of [660, 880].entries()) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = start + index * 0.16;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.15);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.16);
    }
  } catch {
    audio = null;
  }
}

/** Rings until the function returned is called. The focus stays where it is. */
export function ring(title: string, body: string): () => void {
  if (!leader || !alertsOn()) return () => undefined;
  chime();
  const timer = setInterval(chime, 3000);
  let notice: Notification | null = null;
  if (document.hidden && 'Notification' in window && Notification.permission === 'granted') {
    notice = new Notification(title, { body, tag: 'offer' });
    notice.onclick = () => window.focus();
  }
  return () => {
    clearInterval(timer);
    notice?.close();
  };
}
