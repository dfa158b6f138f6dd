import { PiniaColada } from '@pinia/colada';
import { flushPromises, mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { refusal } from '@/admin/editor';
import { ApiError } from '@/api/client';
import { i18n } from '@/i18n';
import { useSession } from '@/session';
import * as fixtures from './fixtures';
import AcceptDialog from './AcceptDialog.vue';
import { formulaText, newStream, PROFILES, profileOf, type Quote, readMix, writeMix } from './quotes';
import StaffCompare from './StaffCompare.vue';

const comparison = {
  staff: Array.from({ length: 7 }, () => Array<number>(24).fill(0)),
  most_staff: 2,
  productive_hours: '56.0',
  paid_hours: '74.7',
  full_time: '0.5',
  cost: '2520.00',
  quoted: '2000.00',
  saved: '520.00',
  formula: { paid_hours: '56 / 0.75', cost: '224/3 × 15 × 2.25' },
};
const quote = { id: 7, currency: 'EUR', staff: { wage_per_hour: '15' }, comparison } as unknown as Quote;
let sent: { url: URL; body: unknown }[] = [];

function answer(body: unknown, status = 200): void {
  sent = [];
  vi.stubGlobal('fetch', async (input: Request) => {
    sent.push({ url: new URL(input.url), body: await input.json() });
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
  });
}
function plugins() {
  const pinia = createPinia();
  setActivePinia(pinia);
  useSession().me = { ...fixtures.me, full_name: 'Ana García', role: 'client_admin' };
  return { plugins: [pinia, PiniaColada, i18n] };
}
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.innerHTML = '';
});

describe('volumes', () => {
  it('reads a mix of languages and refuses what is none', () => {
    expect(readMix('es 70, en 30 %')).toEqual({ es: 70, en: 30 });
    expect(readMix('')).toEqual({});
    expect(readMix('Spanish mostly')).toBeNull();
    expect(writeMix({ es: 70, en: 30 })).toBe('es 70, en 30');
  });
  it('writes the exact fractions of a formula as people read them', () => {
    expect(formulaText('23725/84 / 0.75')).toBe('282.44 / 0.75');
    expect(formulaText('224/3 × 15 × 2.25')).toBe('74.67 × 15 × 2.25');
  });
  it('knows hours by their name', () => {
    expect(profileOf(newStream('voice', 'Calls').hours)).toBe('office');
    expect(profileOf([{ ...PROFILES.office[0]!, to: 19 }])).toBe('own');
  });
});

describe('refusal', () => {
  const error = new ApiError(400, 'invalid', 'must be a whole number', 'volumes.streams[0].contacts');
  it('names the outer field, the whole path, or the path within a part', () => {
    expect(refusal(error)).toEqual({ volumes: 'must be a whole number' });
    expect(refusal(error, null)).toEqual({ 'volumes.streams[0].contacts': 'must be a whole number' });
    expect(refusal(new ApiError(400, 'invalid', 'too much', 'staff.load'), 'staff.')).toEqual({ load: 'too much' });
  });
});

describe('StaffCompare', () => {
  it('shows the stored comparison with its formulas and computes another', async () => {
    answer({ ...comparison, cost: '5040.00', saved: '-3040.00' });
    const page = mount(StaffCompare, { props: { quote }, global: plugins(), attachTo: document.body });
    expect(page.text()).toContain('€2,520.00');
    expect(page.text()).toContain('56 / 0.75');
    expect(page.text()).toContain('Saved in a usual period');
    await page.findAll('input')[0]!.setValue('30,5');
    await page.find('form').trigger('submit');
    await flushPromises();
    expect(sent[0]!.url.pathname).toBe('/api/v1/quotes/7/compare/');
    expect(sent[0]!.body).toEqual({ wage_per_hour: '30.5', productive_share: '0.75', load: '2.25', target_percent: 80, within_s: 20, least_staff: 1 });
    expect(page.text()).toContain('Dearer in a usual period');
    expect(page.text()).toContain('€3,040.00');
  });
  it('says at its field what the server refuses', async () => {
    answer({ error: { code: 'invalid', message: 'load must be from 1 to 10.', field: 'staff.load' } }, 400);
    const page = mount(StaffCompare, { props: { quote }, global: plugins(), attachTo: document.body });
    await page.find('form').trigger('submit');
    await flushPromises();
    expect(page.text()).toContain('load must be from 1 to 10.');
  });
});

describe('AcceptDialog', () => {
  it('accepts under a name the content that was read, and only once it was read', async () => {
    answer({});
    const page = mount(AcceptDialog, { props: { title: 'Accept', text: '', path: '/api/v1/quotes/7/accept/', body: {}, contentHash: 'ab12', open: false }, global: plugins(), attachTo: document.body });
    await page.setProps({ open: true });
    await flushPromises();
    const form = document.querySelector('form')!;
    form.dispatchEvent(new Event('submit', { cancelable: true }));
    await flushPromises();
    expect(document.body.textContent).toContain('Confirm that you have read it.');
    expect(sent).toEqual([]);
    const box = document.querySelector<HTMLInputElement>('input[type=checkbox]')!;
    box.checked = true;
    box.dispatchEvent(new Event('change'));
    form.dispatchEvent(new Event('submit', { cancelable: true }));
    await flushPromises();
    expect(sent[0]!.body).toEqual({ name: 'Ana García', content_hash: 'ab12' });
    expect(page.emitted('accepted')).toHaveLength(1);
    page.unmount();
  });
});
