import { mount } from '@vue/test-utils';
import { afterEach, describe, expect, it } from 'vitest';
import { nextTick, ref } from 'vue';
import { setLocale } from '@/i18n';
import type { TariffWarning } from '../types';
import type { Component, TariffDocument } from './document';
import RatesTable from './RatesTable.vue';

const voice: Component = { code: 'voice', kind: 'per_minute', name: { en: 'Phone', ru: 'Звонки' }, match: { channel: ['voice'], direction: ['in'] }, basis: 'all_work', rounding: '6s', rate_per_minute: '0.74', included_minutes: '6000' };
const email: Component = { code: 'email', kind: 'per_contact', name: 'Emails', match: { channel: ['email'] }, rate_per_contact: '17.5', included_contacts: 1500 };
const plan: Component = { code: 'plan', kind: 'recurring', name: 'Plan', amount: '4900' };

function open(options: { editable?: boolean; warnings?: TariffWarning[]; problems?: Record<string, string> } = {}) {
  const document = ref<TariffDocument>({ name: 'Care', currency: 'EUR', components: [voice, email, plan] });
  const table = mount(RatesTable, {
    props: { document: document.value, editable: options.editable ?? true, warnings: options.warnings ?? [], problems: options.problems ?? {} },
  });
  const last = (): Component[] => (table.emitted('change')!.at(-1) as [Component[]])[0];
  return { table, last };
}

describe('RatesTable', () => {
  afterEach(() => setLocale('en'));

  it('shows usage prices only, in the order in which they are tried', () => {
    const { table } = open();
    expect(table.findAll('tbody tr')).toHaveLength(2);
    expect(table.findAll('tbody tr').map((row) => row.find('input').element.value)).toEqual(['Phone', 'Emails']);
  });

  it('takes a price as it is typed in the language shown and leaves the other components alone', async () => {
    await setLocale('ru');
    const { table, last } = open();
    await table.findAll('tbody tr')[0]!.findAll('input').at(-1)!.setValue('0,80');
    expect(last()).toEqual([{ ...voice, rate_per_minute: '0.80' }, email, plan]);
  });

  it('never turns grouped thousands into six', async () => {
    const { table, last } = open();
    const [, included] = table.findAll('tbody tr')[0]!.findAll('input');
    await included!.setValue('6,500');
    expect(last()[0]!.included_minutes).toBe('6500');
  });

  it('keeps what is no number for the server to refuse by name', async () => {
    const { table, last } = open({ problems: { 'components[1].rate_per_contact': 'must not be negative' } });
    await table.findAll('tbody tr')[1]!.findAll('input').at(-1)!.setValue('-1');
    expect(last()[1]!.rate_per_contact).toBe('-1');
    expect(table.findAll('tbody tr')[1]!.text()).toContain('must not be negative');
    expect(table.find('input[aria-invalid="true"]').exists()).toBe(true);
  });

  it('renames the text of the language shown and keeps the others', async () => {
    const { table, last } = open();
    await table.find('tbody input').setValue('Telephone');
    expect(last()[0]!.name).toEqual({ en: 'Telephone', ru: 'Звонки' });
  });

  it('warns beside the price, in words and with the price in force', async () => {
    const { table } = open({ warnings: [{ kind: 'ten_times', component: 'email', message: 'x', before: '1.75' }, { kind: 'unheard_of', component: 'voice', message: 'In the words of the server.', before: '' }] });
    expect(table.findAll('tbody tr')[1]!.text()).toContain('Ten times the price in force (€1.75)');
    expect(table.findAll('tbody tr')[0]!.text()).toContain('In the words of the server.');
  });

  it('moves a row up and deletes one', async () => {
    const { table, last } = open();
    const tools = table.findAll('tbody tr')[1]!.findAll('button').slice(-2);
    await tools[0]!.trigger('click');
    expect(last().map((item) => item.code)).toEqual(['email', 'voice', 'plan']);
    await tools[1]!.trigger('click');
    await nextTick();
    expect(last().map((item) => item.code)).toEqual(['voice', 'plan']);
  });

  it('only shows a version in force', () => {
    const { table } = open({ editable: false });
    expect(table.findAll('input, button, select')).toHaveLength(0);
    expect(table.text()).toContain('€0.74 / min');
  });
});
