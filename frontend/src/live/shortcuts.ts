/** A key by its place on the keyboard (KeyboardEvent.code), so that it is the same under a Russian layout. */
interface Chord {
  code: string;
  ctrl?: boolean;
  alt?: boolean;
  shift?: boolean;
}

export type Action =
  | 'offer.accept'
  | 'offer.pass'
  | 'search'
  | 'reply'
  | 'note'
  | 'send'
  | 'finish'
  | 'hold'
  | 'transfer'
  | 'snooze'
  | 'presence'
  | 'list'
  | 'help'
  | `open.${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

const OPEN: [Action, Chord][] = ([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map((n) => [`open.${n}`, { code: `Digit${n}`, alt: true }]);

const DEFAULTS: ReadonlyMap<Action, Chord> = new Map<Action, Chord>([
  ['offer.accept', { code: 'F2' }],
  ['offer.pass', { code: 'F2', shift: true }],
  ['search', { code: 'KeyK', ctrl: true }],
  ['send', { code: 'Enter', ctrl: true }],
  ['reply', { code: 'KeyR', alt: true }],
  ['note', { code: 'KeyN', alt: true }],
  ['finish', { code: 'KeyE', alt: true }],
  ['hold', { code: 'KeyH', alt: true }],
  ['transfer', { code: 'KeyT', alt: true }],
  ['snooze', { code: 'KeyS', alt: true }],
  ['list', { code: 'KeyL', alt: true }],
  ['presence', { code: 'KeyP', alt: true }],
  ['help', { code: 'Slash', shift: true }],
  ...OPEN,
]);

export type Keys = Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

function matches(chord: Chord, event: Keys): boolean {
  return (
    event.code === chord.code &&
    (event.ctrlKey || event.metaKey) === (chord.ctrl ?? false) &&
    event.altKey === (chord.alt ?? false) &&
    event.shiftKey === (chord.shift ?? false)
  );
}

/** A chord that types a character: it must not act while somebody writes (WCAG 2.1.4). */
function typesText(chord: Chord): boolean {
  return !chord.ctrl && !chord.alt && !/^F\d+$/.test(chord.code);
}

export function chordOf(event: Keys): Chord | null {
  if (/^(Control|Shift|Alt|Meta)(Left|Right)?$/.test(event.code) || event.code === '') return null;
  return { code: event.code, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey, shift: event.shiftKey };
}

/** Ctrl+K, Shift+F2, Alt+1: what stands beside the labels. */
export function describe(chord: Chord): string {
  const name = chord.code === 'Slash' && chord.shift ? '?' : chord.code.replace(/^(Key|Digit)/, '').replace('Enter', '↵').replace('Slash', '/');
  return [chord.ctrl ? 'Ctrl' : '', chord.alt ? 'Alt' : '', chord.shift && name !== '?' ? 'Shift' : '', name].filter(Boolean).join('+');
}

function same(left: Chord, right: Chord): boolean {
  return left.code === right.code && !left.ctrl === !right.ctrl && !left.alt === !right.alt && !left.shift === !right.shift;
}

const KEY = 'shortcuts';

/** The keys in force: the defaults with what this person changed on this device. */
export class Shortcuts {
  private readonly own: Map<Action, Chord>;
  private readonly handlers = new Map<Action, () => boolean | void>();

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.own = new Map(this.read());
  }

  chord(action: Action): Chord {
    return this.own.get(action) ?? DEFAULTS.get(action)!;
  }

  label(action: Action): string {
    return describe(this.chord(action));
  }

  actions(): Action[] {
    return [...DEFAULTS.keys()];
  }

  /** Gives the action another chord; refused (the holder is returned) when another action has it. */
  remap(action: Action, chord: Chord): Action | null {
    const holder = this.actions().find((other) => other !== action && same(this.chord(other), chord));
    if (holder) return holder;
    this.own.set(action, chord);
    this.storage.setItem(KEY, JSON.stringify([...this.own]));
    return null;
  }

  reset(): void {
    this.own.clear();
    this.storage.setItem(KEY, '[]');
  }

  /** Afterwards the handler runs when the chord is pressed; returning false leaves the key to the browser. */
  on(action: Action, handler: () => boolean | void): () => void {
    this.handlers.set(action, handler);
    return () => {
      if (this.handlers.get(action) === handler) this.handlers.delete(action);
    };
  }

  /** True when the key was one of ours and has been acted on. `writing`: the focus is where text is typed. */
  press(event: Keys, writing: boolean): boolean {
    for (const [action, handler] of this.handlers) {
      const chord = this.chord(action);
      if (!matches(chord, event) || (writing && typesText(chord))) continue;
      return handler() !== false;
    }
    return false;
  }

  private read(): [Action, Chord][] {
    try {
      const value: unknown = JSON.parse(this.storage.getItem(KEY) ?? '[]');
      if (!Array.isArray(value)) return [];
      return (value as [Action, Chord][]).filter(([action, chord]) => DEFAULTS.has(action) && typeof chord?.code === 'string');
    } catch {
      return [];
    }
  }
}

export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
