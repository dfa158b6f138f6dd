import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount } from '@vue/test-utils';
import { createPinia } from 'pinia';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemoryHistory, createRouter } from 'vue-router';
import { i18n, setLocale, useArea } from '@/i18n';
import SignaturesPage from './SignaturesPage.vue';

const sent: { method: string; path: string; body: unknown }[] = [];
beforeEach(async () => {
  await setLocale('en', false);
  await useArea('admin');
  sent.length = 0;
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname: path } = new URL(request.url, 'http://x');
    if (request.method !== 'GET') sent.push({ method: request.method, path, body: JSON.parse(await request.text()) });
    const results = path.endsWith('accounts/') ? [{ id: 3, name: 'Shop' }] : [{ account_id: 3, language: 'es', text: 'Saludos\n{operator}' }];
    return new Response(JSON.stringify(request.method === 'GET' ? { results } : {}), { headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.innerHTML = '';
});

test('signatures are listed by client and language; one is opened, shown as it will stand, and removed', async () => {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: SignaturesPage }] });
  await router.push('/');
  const page = mount(SignaturesPage, { global: { plugins: [createPinia(), PiniaColada, i18n, router] }, attachTo: document.body });
  await flushPromises();
  expect(page.text()).toContain('Shop');
  expect(page.text()).toContain('Spanish');
  await page.findAll('button').find((item) => item.text() === 'Shop')!.trigger('click');
  await flushPromises();
  const dialog = document.querySelector('[role="dialog"]')!;
  expect(dialog.textContent).toContain('{operator} is who writes, {account} the client’s name');
  [...dialog.querySelectorAll('button')].find((item) => item.textContent?.includes('Remove this signature'))!.click();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent).toEqual([{ method: 'PUT', path: '/api/v1/admin/signatures/', body: { account_id: 3, language: 'es', text: '' } }]);
  page.unmount();
});
