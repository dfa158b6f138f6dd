import { mount } from '@vue/test-utils';
import { describe, expect, it } from 'vitest';
import { type Component, fieldsOf, isMore, isRate, newMore, type TariffDocument, withField } from './document';
import JsonPanel from './JsonPanel.vue';
import MoreTable from './MoreTable.vue';

function document(): TariffDocument {
  return {
    name: 'Care',
    currency: 'EUR',
    taxes: [{ code: 'vat', percent: '21' }],
    components: [
      { code: 'phone', kind: 'per_minute', name: 'Phone', rate_per_minute: '0.74', basis: 'talk' },
      { code: 'weekend', kind: 'surcharge', name: 'Weekend', percent: '25', match: { time: [{ days: ['sat', 'sun'] }] } },
      { code: 'seat', kind: 'per_seat', name: 'Seat', amount: '40.00', quantity: '3' },
      { code: 'texts', kind: 'per_minute', name: 'By tiers', tiers: { mode: 'volume', steps: [{ price: '1' }] } },
    ],
  };
}
function table(editable: boolean, problems: Record<string, string> = {}) {
  return mount(MoreTable, { props: { document: document(), editable, warnings: [{ kind: 'never', component: 'weekend', message: 'x', before: '' }], problems } });
}

describe('other components of a tariff', () => {
  it('shows what the two other tables do not, tiers of a rate among them', () => {
    const rows = table(false).findAll('tbody tr');
    expect(rows.map((row) => row.findAll('td')[0]!.find('bdi').text())).toEqual(['Weekend', 'Seat', 'By tiers']);
    expect(rows[1]!.text()).toContain('40.00 EUR');
    expect(rows[2]!.text()).toContain('JSON');
  });

  it('tells the warning and the refusal on the row they mean', () => {
    const rows = table(true, { 'components[1].match.time[0].days': 'must be a day' }).findAll('tbody tr');
    expect(rows[0]!.text()).toContain('Will never be charged');
    expect(rows[0]!.text()).toContain('must be a day');
    expect(rows[1]!.text()).not.toContain('must be a day');
  });

  it('changes one field and keeps everything else of the component', async () => {
    const wrapper = table(true);
    const inputs = wrapper.findAll('tbody tr')[0]!.findAll('input');
    await inputs[1]!.setValue('30');
    const changed = wrapper.emitted('change')!.at(-1)![0] as Component[];
    expect(changed[1]).toEqual({ ...document().components[1], percent: '30' });
    expect(changed[0]).toEqual(document().components[0]);
  });

  it('makes every kind with values the server takes', () => {
    const made = newMore(document(), 'minimum_volume', 'Volume');
    expect(made).toEqual({ code: 'minimum_volume', kind: 'minimum_volume', name: 'Volume', tax: 'vat', of: 'phone', units: '100' });
    expect(newMore(document(), 'per_order', 'Orders').included_orders).toBe(0);
    expect(newMore(document(), 'per_hour', 'Hours').basis).toBe('operator');
  });

  it('keeps tiers out of the form of prices', () => {
    const tiered = document().components[3]!;
    expect(isRate(tiered)).toBe(false);
    expect(isMore(tiered)).toBe(true);
    expect(fieldsOf(tiered)).toEqual([]);
    const orders = newMore(document(), 'per_order', 'Orders');
    expect(withField(orders, fieldsOf(orders)[1]!, '7', 'en').included_orders).toBe(7);
  });
});

describe('the tariff as JSON', () => {
  it('applies what is JSON with components, and says what is wrong else', async () => {
    const wrapper = mount(JsonPanel, { props: { document: document(), editable: true, problems: {} } });
    await wrapper.find('textarea').setValue('{"name": ');
    await wrapper.find('button').trigger('click');
    expect(wrapper.find('[role=alert]').text()).toContain('Not JSON');
    expect(wrapper.emitted('change')).toBeUndefined();
    await wrapper.find('textarea').setValue(JSON.stringify({ ...document(), cycle: '28_days' }));
    await wrapper.find('button').trigger('click');
    expect((wrapper.emitted('change')![0]![0] as TariffDocument).cycle).toBe('28_days');
  });
});
