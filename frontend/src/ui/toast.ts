import { ref } from 'vue';

interface Toast {
  id: number;
  tone: 'ready' | 'danger' | 'accent';
  text: string;
  action?: { label: string; run: () => void };
}

export const toasts = ref<Toast[]>([]);
let next = 1;

/** Shows a short message at the edge of the page; errors stay until closed, the rest for six seconds. */
export function toast(text: string, options: Partial<Omit<Toast, 'id' | 'text'>> = {}): void {
  const shown: Toast = { id: next++, tone: options.tone ?? 'ready', text, action: options.action };
  toasts.value = [...toasts.value.slice(-2), shown];
  if (shown.tone !== 'danger') setTimeout(() => dismiss(shown.id), 6000);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((item) => item.id !== id);
}
