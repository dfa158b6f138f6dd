import { flushPromises, mount } from '@vue/test-utils';
import { beforeEach, expect, test, vi } from 'vitest';
import { i18n, useArea } from '@/i18n';
import TranslatedReply from './TranslatedReply.vue';

let answer: [number, unknown];
let asked: unknown[];

beforeEach(async () => {
  await useArea('desk');
  await useArea('console');
  asked = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(await request.json());
    return new Response(JSON.stringify(answer[1]), { status: answer[0], headers: { 'content-type': 'application/json' } });
  });
});

const reply = () => mount(TranslatedReply, { props: { ticketId: 42, language: 'fi', written: 'On its way.' }, global: { plugins: [i18n] } });
const press = (box: ReturnType<typeof reply>, words: string) => box.findAll('button').find((one) => one.text().includes(words))!.trigger('click');

test('what the contact reads is shown, may be mended, and only then sent', async () => {
  answer = [201, { id: 9, text: 'Matkalla.', written: 'On its way.' }];
  const box = reply();
  await flushPromises();
  expect(asked).toEqual([{ text: 'On its way.', written_language: 'en' }]);
  await box.get('textarea').setValue('Jo matkalla.');
  await press(box, 'Send');
  expect(box.emitted('send')).toEqual([['Jo matkalla.', 9]]);
});

test('a service that is down sends nothing; as it was written it leaves only by a choice of its own', async () => {
  answer = [502, { error: { code: 'not_translated', message: 'The reply was not translated: HTTP 503.' } }];
  const box = reply();
  await flushPromises();
  expect(box.get('[role=alert]').text()).toBe('Nothing was sent. The translation service failed.');
  expect(box.emitted()).not.toHaveProperty('send');
  await press(box, 'Send as written');
  expect(box.emitted('untranslated')).toHaveLength(1);
  answer = [201, { id: 9, text: 'Matkalla.', written: 'On its way.' }];
  await press(box, 'Try again');
  await flushPromises();
  expect(box.get('textarea').element.value).toBe('Matkalla.');
});
