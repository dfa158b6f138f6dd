import { mount } from '@vue/test-utils';
import { expect, it } from 'vitest';
import { i18n } from '@/i18n';
import PriceSheet from './PriceSheet.vue';

const texts = {
  language: 'es',
  title: 'Lista de precios',
  name: 'Care',
  currency: 'EUR',
  cycle: 'mes natural',
  sections: [{ key: 'usage', title: 'Consumo', rows: [{ code: 'phone', kind: 'per_minute', name: 'Teléfono', price: '0,88 € / min', details: ['Para: Teléfono.', 'Incluido: 120 min.'], tax: 'impuesto 21 %' }] }],
  notes: ['Esto es todo lo que puede cobrarse.'],
};

it('shows every fee with its price, its rules and its tax, in the language of the sheet', () => {
  const page = mount(PriceSheet, { props: { texts, contentHash: 'ab12' }, global: { plugins: [i18n] } });
  expect(page.find('.sheet').attributes('lang')).toBe('es');
  expect(page.find('caption').text()).toBe('Consumo');
  expect(page.find('tbody th bdi').text()).toBe('Teléfono');
  expect(page.findAll('tbody th li').map((item) => item.text())).toEqual(['Para: Teléfono.', 'Incluido: 120 min.']);
  expect(page.find('tbody td').text()).toBe('0,88 € / minimpuesto 21 %');
  expect(page.text()).toContain('Esto es todo lo que puede cobrarse.');
  expect(page.text()).toContain('ab12');
});
