import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeSocket, useFakeSockets } from './fake-socket';
import { mount } from './panel';
import type { Words } from './texts';
import { inOrder } from './texts-plugin';

function embed(language = 'en', more: Record<string, string> = {}): ShadowRoot {
  document.body.replaceChildren();
  // Words are an array at run time (texts-plugin.ts).
  return mount({ endpoint: 'shop', ...more }, 'https://help.example', language, inOrder(language) as unknown as Words).shadowRoot!;
}
const AT = '2026-11-23T10:00:00.000Z';
/** The status under an entry without its time of day. */
const status = (root: ShadowRoot) => find(root, '.e .m').textContent!.split(' \u00b7 ')[0];

const find = <T extends HTMLElement>(root: ShadowRoot, selector: string): T => root.querySelector<T>(selector)!;
const statusLine = (root: ShadowRoot) => find(root, '.h span');
const launcherOf = (root: ShadowRoot) => find<HTMLButtonElement>(root, '.l');
const press = (target: HTMLElement, key: string) =>
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));

beforeEach(useFakeSockets);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('nothing is asked of the server before the visitor opens the chat', () => {
  const root = embed();
  expect(FakeSocket.all).toHaveLength(0);
  launcherOf(root).click();
  expect(FakeSocket.last.url).toBe('wss://help.example/ws/chat/shop/');
});

test('opening moves the focus to the box, Escape closes and gives it back', () => {
  const root = embed();
  launcherOf(root).click();
  expect(launcherOf(root).ariaExpanded).toBe('true');
  expect(root.activeElement).toBe(find(root, 'textarea'));
  press(find(root, 'textarea'), 'Escape');
  expect(find(root, '.p').hidden).toBe(true);
  expect(root.activeElement).toBe(launcherOf(root));
});

test('Enter sends, Shift+Enter does not, an empty message is not sent', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes();
  const box = find<HTMLTextAreaElement>(root, 'textarea');
  press(box, 'Enter');
  box.value = 'Hello';
  box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', shiftKey: true, bubbles: true }));
  expect(FakeSocket.last.of('message')).toHaveLength(0);
  press(box, 'Enter');
  expect(FakeSocket.last.of('message')).toMatchObject([{ text: 'Hello' }]);
  expect(box.value).toBe('');
});

test('a message that could not leave says so in place and offers to try again', () => {
  const root = embed('es');
  launcherOf(root).click();
  FakeSocket.last.welcomes();
  const box = find<HTMLTextAreaElement>(root, 'textarea');
  box.value = 'Hola, ¿dónde está mi pedido?';
  press(box, 'Enter');
  expect(find(root, '.e .m').textContent).toBe('Enviando…');
  FakeSocket.last.breaks();
  expect(statusLine(root).textContent).toBe('Sin conexión, reintentando… Sus mensajes se guardan.');
  expect(find(root, '.e .m').textContent).toBe('No enviado Reintentar');
  find(root, '.e button').click();
  expect(FakeSocket.all).toHaveLength(2);
  FakeSocket.last.welcomes();
  FakeSocket.last.says({ type: 'ack', uuid: FakeSocket.last.of('message')[0]!.uuid, at: AT });
  expect(status(root)).toBe('Enviado');
});

test('text from the other side is text, never markup', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes([{ id: '1', from: 'operator', name: 'Anna', text: '<img src=x onerror=alert(1)>', at: AT }]);
  expect(root.querySelector('img')).toBeNull();
  expect(find(root, '.e p').textContent).toBe('<img src=x onerror=alert(1)>');
});

test('rows keep their place in the live log when others arrive', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes([{ id: '1', from: 'operator', name: 'Anna', text: 'one', at: AT }]);
  const first = find(root, '.e');
  const moved = vi.spyOn(find(root, '.g'), 'insertBefore');
  FakeSocket.last.says({ type: 'entry', entry: { id: '2', from: 'operator', name: 'Anna', text: 'two', at: AT } });
  expect(moved).toHaveBeenCalledTimes(1);
  expect(root.querySelectorAll('.e')[0]).toBe(first);
  expect([...root.querySelectorAll('.e p')].map((text) => text.textContent)).toEqual(['one', 'two']);
});

test('a reply while the panel is closed is counted on the button', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes();
  find(root, '.h button').click();
  FakeSocket.last.says({ type: 'entry', entry: { id: '2', from: 'operator', name: 'Anna', text: 'Hello', at: AT } });
  expect(find(root, '.n').textContent).toBe('1');
  expect(launcherOf(root).ariaLabel).toBe('Open chat (1)');
  launcherOf(root).click();
  expect(find(root, '.n').hidden).toBe(true);
});

test.each([
  ['ru', 'Напишите нам', 'Мы на связи'],
  ['es', 'Escríbanos', 'Estamos aquí'],
  ['en', 'Write to us', 'We are here'],
])('speaks %s', (language, title, online) => {
  const root = embed(language);
  launcherOf(root).click();
  FakeSocket.last.welcomes();
  expect(find(root, 'h2').textContent).toBe(title);
  expect(statusLine(root).textContent).toBe(online);
});

const labels = (root: ShadowRoot) => [...root.querySelectorAll('label')].filter((label) => !label.hidden).map((label) => label.textContent);

test('while nobody is there the form asks for name and address, and the address is required', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes([], 'away');
  expect(labels(root)).toEqual(['Your name', 'E-mail for our answer']);
  const mail = find<HTMLInputElement>(root, 'input[type=email]');
  expect(mail.required).toBe(true);
  mail.value = 'nell@mail.example';
  find<HTMLTextAreaElement>(root, 'textarea').value = 'Call me';
  press(find(root, 'textarea'), 'Enter');
  expect(FakeSocket.last.of('message')).toMatchObject([{ text: 'Call me', email: 'nell@mail.example', form: true }]);
  FakeSocket.last.says({ type: 'state', state: 'away', rate: null, mail: true });
  expect(labels(root)).toEqual([]);
});

test('a name that the page knows is not asked for, nor an address that is known', () => {
  const root = embed('en', { name: 'Nell' });
  launcherOf(root).click();
  FakeSocket.last.welcomes([], 'away');
  expect(labels(root)).toEqual(['E-mail for our answer']);
  FakeSocket.last.says({ type: 'state', state: 'online', rate: null, mail: true });
  expect(labels(root)).toEqual([]);
});

test('a closed chat asks for a rating, shows what was given and takes a remark', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes();
  const [asked] = root.querySelectorAll('form');
  expect(asked!.hidden).toBe(true);
  FakeSocket.last.says({ type: 'state', state: 'closed', rate: 0, mail: false });
  expect(asked!.hidden).toBe(false);
  const stars = [...root.querySelectorAll<HTMLButtonElement>('form .s')].filter((star) => star.textContent === '\u2605');
  expect(stars.map((star) => star.ariaLabel)).toEqual(['1 of 5', '2 of 5', '3 of 5', '4 of 5', '5 of 5']);
  stars[3]!.click();
  expect(stars.map((star) => star.ariaPressed)).toEqual(['true', 'true', 'true', 'true', 'false']);
  expect(FakeSocket.last.of('rate')).toMatchObject([{ score: 4, comment: '' }]);
  FakeSocket.last.says({ type: 'ack', uuid: FakeSocket.last.of('rate')[0]!.uuid, at: AT });
  find<HTMLInputElement>(asked as unknown as ShadowRoot, 'input').value = 'Quick';
  asked!.requestSubmit();
  expect(FakeSocket.last.of('rate').at(-1)).toMatchObject({ score: 4, comment: 'Quick' });
  expect(find(asked as unknown as ShadowRoot, 'p').textContent).toBe('Thank you!');
});

test('files are links, pictures appear only once they have loaded', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes([
    {
      id: '1', from: 'operator', name: 'Anna', text: 'See', at: AT,
      files: [
        { name: 'a.pdf', image: false, url: '/chat/files/one/' },
        { name: 'b.png', image: true, url: '/chat/files/two/' },
      ],
    },
  ]);
  const links = [...root.querySelectorAll('a')];
  expect(links.map((link) => [link.href, link.target, link.textContent])).toEqual([
    ['https://help.example/chat/files/one/', '_blank', 'a.pdf'],
    ['https://help.example/chat/files/two/', '_blank', 'b.png'],
  ]);
});

test('chats of different people on one device are kept apart', () => {
  const tokenOf = (sub: string) => `x.${btoa(JSON.stringify({ sub })).replace(/=+$/, '')}.y`;
  for (const more of [{}, { identity: tokenOf('42') }, { identity: tokenOf('43') }, { identity: 'rubbish' }] as Record<string, string>[]) {
    launcherOf(embed('en', more)).click();
    FakeSocket.last.welcomes();
  }
  expect(Object.keys(localStorage).sort()).toEqual(['chat:shop', 'chat:shop:42', 'chat:shop:43']);
});
