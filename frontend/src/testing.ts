import { beforeAll } from 'vitest';

// Tests of the build itself run without a page and need no texts.
if (typeof window !== 'undefined') {
  const { AREAS, setLocale, useArea } = await import('./i18n');
  beforeAll(async () => {
    localStorage.clear();
    await Promise.all(AREAS.map(useArea));
    await setLocale('en');
  });
}
