import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeSocket, useFakeSockets } from './fake-socket';
import { mount } from './panel';

function embed(language = 'en'): ShadowRoot {
  document.body.replaceChildren();
  const script = document.createElement('script');
  script.dataset.endpoint = 'shop';
  script.dataset.language = language;
  return mount(script, 'https://help.example').shadowRoot!;
}

const find = <T extends HTMLElement>(root: ShadowRoot, selector: string): T => root.querySelector<T>(selector)!;
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
  expect(launcherOf(root).getAttribute('aria-expanded')).toBe('true');
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
  expect(find(root, '[role=status]').textContent).toBe('Sin conexión, reintentando… Sus mensajes se guardan.');
  expect(find(root, '.e .m').textContent).toBe('No enviado Reintentar');
  find(root, '.e button').click();
  expect(FakeSocket.all).toHaveLength(2);
  FakeSocket.last.welcomes();
  FakeSocket.last.says({ type: 'ack', uuid: FakeSocket.last.of('message')[0]!.uuid, at: 'x' });
  expect(find(root, '.e .m').textContent).toBe('Enviado');
});

test('text from the other side is text, never markup', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes([{ id: '1', from: 'operator', name: 'Anna', text: '<img src=x onerror=alert(1)>', at: 'x' }]);
  expect(root.querySelector('img')).toBeNull();
  expect(find(root, '.e p').textContent).toBe('<img src=x onerror=alert(1)>');
});

test('rows keep their place in the live log when others arrive', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes([{ id: '1', from: 'operator', name: 'Anna', text: 'one', at: 'x' }]);
  const first = find(root, '.e');
  const moved = vi.spyOn(find(root, '.g'), 'insertBefore');
  FakeSocket.last.says({ type: 'entry', entry: { id: '2', from: 'operator', name: 'Anna', text: 'two', at: 'x' } });
  expect(moved).toHaveBeenCalledTimes(1);
  expect(root.querySelectorAll('.e')[0]).toBe(first);
  expect([...root.querySelectorAll('.e p')].map((text) => text.textContent)).toEqual(['one', 'two']);
});

test('a reply while the panel is closed is counted on the button', () => {
  const root = embed();
  launcherOf(root).click();
  FakeSocket.last.welcomes();
  find(root, 'header button').click();
  FakeSocket.last.says({ type: 'entry', entry: { id: '2', from: 'operator', name: 'Anna', text: 'Hello', at: 'x' } });
  expect(find(root, '.n').textContent).toBe('1');
  expect(launcherOf(root).getAttribute('aria-label')).toBe('Open chat (1)');
  launcherOf(root).click();
  expect(find(root, '.n').hidden).toBe(true);
});

test.each([
  ['ru', 'Напишите нам', 'На связи'],
  ['es-MX', 'Escríbanos', 'En línea'],
  ['de', 'Write to us', 'Online'],
])('speaks %s', (language, title, online) => {
  const root = embed(language);
  launcherOf(root).click();
  FakeSocket.last.welcomes();
  expect(find(root, 'h2').textContent).toBe(title);
  expect(find(root, '[role=status]').textContent).toBe(online);
});
