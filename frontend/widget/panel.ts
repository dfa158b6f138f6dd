/** The chat button and panel: builds them in a shadow root and keeps them in step with the chat. */
import { startChat, type Entry } from './chat';
import { style } from './style';
import { pickLanguage, texts } from './texts';

const SVG = 'http://www.w3.org/2000/svg';
const BUBBLE = 'M7.9 20A9 9 0 1 0 4 16.1L2 22Z';
const CROSS = 'M18 6 6 18M6 6l12 12';
/** The server refuses longer ones (channels_app/webchat/protocol.py). */
const MAX_TEXT = 4000;

function element<T extends Element = HTMLElement>(
  tag: string,
  attributes: Record<string, string> = {},
  children: (Node | string)[] = [],
  namespace = 'http://www.w3.org/1999/xhtml',
): T {
  const made = document.createElementNS(namespace, tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]!);
  made.append(...children);
  return made as T;
}

const icon = (d: string) =>
  element('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, [element('path', { d }, [], SVG)], SVG);

/** Builds the widget and puts it on the page; returns its host element. */
export function mount(script: HTMLElement, origin: string): HTMLElement {
  const { endpoint, language: wished, name } = script.dataset;
  const language = pickLanguage(wished, document.documentElement.lang, navigator.language);
  const t = texts(language);

  const badge = element('span', { class: 'n', 'aria-hidden': 'true' });
  const launcher = element('button', { class: 'l' }, [icon(BUBBLE), badge]);
  const line = element('span', { role: 'status' });
  const typing = element('span', { 'aria-hidden': 'true' });
  const close = element('button', { 'aria-label': t.close }, [icon(CROSS)]);
  const log = element('div', { class: 'g', role: 'log', 'aria-label': t.log, tabindex: '0', 'aria-live': 'off' });
  const box = element<HTMLTextAreaElement>('textarea', {
    id: 't',
    'aria-label': t.label,
    placeholder: t.label,
    maxlength: `${MAX_TEXT}`,
    dir: 'auto',
  });
  const form = element<HTMLFormElement>('form', {}, [box, element('button', {}, [t.send])]);
  const head = element('div', {}, [element('h2', { id: 'h' }, [t.title]), element('div', { class: 'm' }, [line, typing])]);
  const panel = element('section', { class: 'p', role: 'dialog', 'aria-labelledby': 'h', hidden: '' }, [
    element('header', {}, [head, close]),
    log,
    form,
  ]);

  const host = element('chat-widget', { lang: language });
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  root.append(panel, launcher);

  const rows: Record<string, { row: HTMLElement; status: HTMLElement; shown?: string }> = {};
  const chat = startChat({
    url: `${origin.replace('http', 'ws')}/ws/chat/${endpoint}/`,
    key: `chat:${endpoint}`,
    language,
    name,
    changed: render,
  });

  function rowOf({ id, uuid, from, text, state = 'sent', name = '' }: Entry): HTMLElement {
    const status = element('div', { class: 'm' });
    const known = (rows[uuid || id!] ||= {
      status,
      row: element('div', { class: `e ${from}` }, [
        element('span', { class: 'h' }, [from === 'visitor' ? `${t.you}: ` : '']),
        element('p', { dir: 'auto' }, [text]),
        status,
      ]),
    });
    const stuck = state === 'sending' && chat.state() === 'offline';
    const shown = from !== 'visitor' ? name : stuck ? t.failed : t[state];
    if (known.shown !== shown) {
      known.status.textContent = known.shown = shown;
      if (stuck) {
        const again = element('button', {}, [t.again]);
        again.onclick = chat.hurry;
        known.status.append(' ', again);
      }
    }
    return known.row;
  }

  function scroll(): void {
    log.scrollTop = log.scrollHeight;
  }

  function render(): void {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    // A row that is in its place is not touched: moving it would have it read aloud again.
    let place = log.firstChild;
    for (const row of chat.entries().map(rowOf)) {
      if (row === place) place = place.nextSibling;
      else log.insertBefore(row, place);
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
    if (atEnd) scroll();

    const state = chat.state();
    const said = state === 'idle' ? '' : t[state];
    // The history is shown in silence; what comes after it is announced.
    if (said && said !== t.connecting) log.setAttribute('aria-live', 'polite');
    if (line.textContent !== said) line.textContent = said;
    const writer = chat.typing();
    typing.textContent = writer && ` \u00b7 ${writer} ${t.typing}`;
    if (!panel.hidden && !document.hidden) chat.see();
    const unread = chat.unread().length;
    badge.textContent = `${unread}`;
    badge.hidden = !unread;
    launcher.setAttribute('aria-label', panel.hidden ? (unread ? `${t.open} (${unread})` : t.open) : t.close);
    launcher.setAttribute('aria-expanded', `${!panel.hidden}`);
  }

  function toggle(): void {
    if ((panel.hidden = !panel.hidden)) launcher.focus();
    else {
      chat.connect();
      chat.hurry();
      scroll();
      box.focus();
    }
    render();
  }

  launcher.onclick = close.onclick = toggle;
  panel.onkeydown = (event) => {
    if (event.key === 'Escape') toggle();
    else if (event.key === 'Enter' && event.target === box && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
    // The page's own one-letter shortcuts must not fire while the visitor writes.
    event.stopPropagation();
  };
  box.oninput = chat.type;
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = box.value.trim();
    box.value = '';
    if (text) chat.send(text);
    scroll();
    box.focus();
  };
  addEventListener('online', chat.hurry);
  addEventListener('focus', chat.hurry);
  document.addEventListener('visibilitychange', render);

  render();
  document.body.append(host);
  if (chat.returning()) chat.connect();
  return host;
}
