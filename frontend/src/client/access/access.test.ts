import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Component } from 'vue';
import { i18n, useArea } from '@/i18n';
import KeysCard from './KeysCard.vue';
import type { ApiKey, Webhook } from './types';
import WebhooksCard from './WebhooksCard.vue';

const key: ApiKey = {
  id: 7, account_id: 3, name: 'CRM', prefix: 'cc_1a2b3c4d', scopes: ['tickets:read'], created_by: 'Ann', created_at: '2026-06-15T09:00:00Z',
  expires_at: null, last_used_at: null, revoked_at: null,
};
const webhook: Webhook = {
  id: 5, account_id: 3, url: 'https://client.example/hook', description: '', events: ['call.ended'], is_active: false, health: 'disabled',
  failing_since: '2026-06-10T09:00:00Z', last_error: 'answered 500', last_success_at: null, disabled_at: '2026-06-15T09:00:00Z', disabled_reason: 'x',
  created_at: '2026-06-01T09:00:00Z',
};
let calls: { method: string; path: string; body: unknown }[];
let answers: Record<string, unknown>;
let page: VueWrapper;

async function open(card: Component): Promise<void> {
  await useArea('client');
  page = mount(card, { props: { accountId: 3 }, global: { plugins: [createPinia(), PiniaColada, i18n], stubs: { RouterLink: true } }, attachTo: document.body });
  for (let i = 0; i < 5; i += 1) await flushPromises();
}
async function press(name: string): Promise<void> {
  const button = [...document.querySelectorAll('button')].find((one) => (one.getAttribute('aria-label') ?? one.textContent).trim() === name);
  expect(button, name).toBeDefined();
  button!.click();
  for (let i = 0; i < 5; i += 1) await flushPromises();
}

beforeEach(() => {
  calls = [];
  answers = {
    'GET /api/v1/api-keys/': { results: [key] },
    'POST /api/v1/api-keys/': { key, token: 'cc_1a2b3c4d_secret' },
    'POST /api/v1/api-keys/7/revoke/': { ...key, revoked_at: '2026-06-15T09:00:00Z' },
    'GET /api/v1/webhooks/': { results: [webhook] },
  };
  vi.stubGlobal('fetch', async (input: Request) => {
    const path = new URL(input.url).pathname;
    const text = await input.text();
    calls.push({ method: input.method, path, body: text ? (JSON.parse(text) as unknown) : null });
    const found = answers[`${input.method} ${path}`];
    return new Response(JSON.stringify(found ?? { error: { code: 'not_found', message: 'No' } }), { status: found ? 200 : 404, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(() => {
  page.unmount();
  vi.unstubAllGlobals();
});

describe('API keys', () => {
  it('shows a new key once', async () => {
    await open(KeysCard);
    await press('New key');
    await press('Create key');
    expect(calls.find((call) => call.method === 'POST')).toMatchObject({ path: '/api/v1/api-keys/', body: { account_id: 3, scopes: ['tickets:read'], expires_at: null } });
    const shown = () => [...document.querySelectorAll('textarea')].map((field) => field.value);
    expect(shown()).toContain('cc_1a2b3c4d_secret');
    await press('I have kept it');
    expect(shown()).not.toContain('cc_1a2b3c4d_secret');
  });

  it('asks before a key is revoked', async () => {
    await open(KeysCard);
    await press('Revoke “CRM”');
    expect(calls.filter((call) => call.method === 'POST')).toEqual([]);
    await press('Revoke');
    expect(calls.filter((call) => call.method === 'POST').map((call) => call.path)).toEqual(['/api/v1/api-keys/7/revoke/']);
  });
});

describe('Webhooks', () => {
  it('says which one is disabled and why', async () => {
    await open(WebhooksCard);
    const trouble = document.querySelector('[role=status]')!.textContent;
    expect(trouble).toContain('https://client.example/hook');
    expect(trouble).toContain('it did not answer for days');
    expect(trouble).toContain('answered 500');
  });
});
