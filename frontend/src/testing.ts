import { beforeAll } from 'vitest';
import { AREAS, setLocale, useArea } from './i18n';

beforeAll(async () => {
  localStorage.clear();
  await Promise.all(AREAS.map(useArea));
  await setLocale('en');
});
