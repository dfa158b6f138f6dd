import { mount } from '@vue/test-utils';
import { expect, test } from 'vitest';
import Tabs from './Tabs.vue';

const tabs = ['queue', 'mine', 'team'].map((value) => ({ value, label: value }));

test('arrows, Home and End choose a tab, go round, and take the focus along', async () => {
  const view = mount(Tabs, { props: { tabs, label: 'Lists', modelValue: 'queue', 'onUpdate:modelValue': (value: string) => view.setProps({ modelValue: value }) }, slots: { mine: 'my tickets' }, attachTo: document.body });
  const chosen = (): string => view.get('[aria-selected=true]').text();
  const press = (key: string): Promise<void> => view.get('[aria-selected=true]').trigger('keydown', { key });
  for (const [key, tab] of [['ArrowRight', 'mine'], ['ArrowLeft', 'queue'], ['ArrowLeft', 'team'], ['ArrowRight', 'queue'], ['End', 'team'], ['Home', 'queue']] as const) {
    await press(key);
    expect([key, chosen(), document.activeElement?.textContent]).toEqual([key, tab, tab]);
  }
  await view.findAll('[role=tab]')[1]!.trigger('click');
  const panel = view.get('[role=tabpanel]');
  expect([panel.text(), panel.attributes('aria-labelledby')]).toEqual(['my tickets', view.get('[aria-selected=true]').attributes('id')]);
  expect(view.findAll('[tabindex="0"][role=tab]')).toHaveLength(1);
  view.unmount();
});
