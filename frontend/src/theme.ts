import { ref, watch } from 'vue';

export const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'theme';

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === value) ?? 'system';
}

/** The chosen theme; `system` follows the device. Writing it changes the page and is remembered on this device. */
export const theme = ref<Theme>(stored());

export function applyTheme(value: Theme): void {
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

watch(
  theme,
  (value) => {
    localStorage.setItem(KEY, value);
    applyTheme(value);
  },
  { immediate: true, flush: 'sync' },
);
