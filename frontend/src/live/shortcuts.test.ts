import { beforeEach, expect, test } from 'vitest';
import { describe as spell, Shortcuts, type Keys } from './shortcuts';

const key = (code: string, modifiers: Partial<Keys> = {}): Keys => ({ code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers });
let kept: Map<string, string>;
let shortcuts: Shortcuts;
let done: string[];
const storage = { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => void kept.set(name, value) };

beforeEach(() => {
  kept = new Map();
  shortcuts = new Shortcuts(storage);
  done = [];
  for (const action of shortcuts.actions()) shortcuts.on(action, () => void done.push(action));
});

test('Ctrl and the key where K stands opens the search under a Russian layout too', () => {
  // There the key says "л"; its code stays KeyK.
  expect(shortcuts.press(key('KeyK', { ctrlKey: true }), true)).toBe(true);
  expect(done).toEqual(['search']);
});

test('F2 accepts and Shift+F2 passes, also while writing', () => {
  shortcuts.press(key('F2'), true);
  shortcuts.press(key('F2', { shiftKey: true }), true);
  expect(done).toEqual(['offer.accept', 'offer.pass']);
});

test('a key that types a character does nothing while writing', () => {
  expect(shortcuts.press(key('Slash', { shiftKey: true }), true)).toBe(false);
  expect(shortcuts.press(key('Slash', { shiftKey: true }), false)).toBe(true);
  expect(done).toEqual(['help']);
});

test('one modifier more is another chord', () => {
  expect(shortcuts.press(key('F2', { altKey: true }), false)).toBe(false);
  expect(shortcuts.press(key('Digit1', { altKey: true }), false)).toBe(true);
  expect(done).toEqual(['open.1']);
});

test('a chord can be changed, is remembered, and cannot be given twice', () => {
  expect(shortcuts.remap('finish', { code: 'KeyW', alt: true })).toBeNull();
  expect(shortcuts.remap('note', { code: 'KeyW', alt: true })).toBe('finish');
  expect(new Shortcuts(storage).label('finish')).toBe('Alt+W');
  shortcuts.press(key('KeyE', { altKey: true }), false);
  shortcuts.press(key('KeyW', { altKey: true }), false);
  expect(done).toEqual(['finish']);
});

test('a handler that declines leaves the key to the browser', () => {
  shortcuts.on('offer.accept', () => false);
  expect(shortcuts.press(key('F2'), false)).toBe(false);
});

test('broken settings fall back on the defaults', () => {
  kept.set('shortcuts', '{"x":');
  expect(new Shortcuts(storage).label('search')).toBe('Ctrl+K');
});

test('chords read as people write them', () => {
  expect(spell({ code: 'F2', shift: true })).toBe('Shift+F2');
  expect(spell({ code: 'Enter', ctrl: true })).toBe('Ctrl+↵');
  expect(spell({ code: 'Slash', shift: true })).toBe('?');
});
