import { afterAll, beforeAll, vi } from 'vitest';

// A part of a page that is still on its way when its file is done would fail, and the run with it.
afterAll(() => vi.dynamicImportSettled());

// Tests of the build itself run without a page and need no texts.
if (typeof window !== 'undefined') {
  const { AREAS, setLocale, useArea } = await import('./i18n');
  beforeAll(async () => {
    localStorage.clear();
    await Promise.all(AREAS.map(useArea));
    await setLocale('en');
  });
}
