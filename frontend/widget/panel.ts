/** The chat button and panel: builds them in a shadow root and keeps them in step with the chat. */
import { startChat, type ChatFile, type Entry } from './chat';
import { style } from './style';
import type { Words } from './texts';

/** The server refuses longer ones (channels_app/webchat/protocol.py). */
const MAX_TEXT = 4000;

/** Roles and states are set as properties too: browsers reflect them to attributes. */
function element<T extends HTMLElement = HTMLElement>(tag: string, properties: object = {}, ...children: (Node | string)[]): T {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made as unknown as T;
}

/** Who is speaking: the id in the token's payload. The server verifies it; here it only keeps visitors' chats apart. */
function visitorOf(identity?: string): string {
  try {
    return ':' + JSON.parse(atob(identity!.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))).sub;
  } catch {
    return '';
  }
}

/** An entry on screen: its files and its state may change, its text does not. */
interface Row extends HTMLElement {
  shown?: string;
  linked?: boolean;
}

/** Builds the widget and puts it on the page; returns its host element. */
export function mount({ endpoint, name, identity }: DOMStringMap, origin: string, language: string, words: Words): HTMLElement {
  const line = element('span', { role: 'status' });
  const typing = element('span');
  const log = element('div', { className: 'g', role: 'log', ariaLabel: words.log, tabIndex: 0, ariaLive: 'off' });
  const box = element<HTMLTextAreaElement>('textarea', { ariaLabel: words.label, placeholder: words.label, maxLength: MAX_TEXT, dir: 'auto', oninput: () => chat.type() });
  const who = element<HTMLInputElement>('input', { autocomplete: 'name' });
  const whoLabel = element('label', {}, words.name, who);
  const mail = element<HTMLInputElement>('input', { type: 'email', autocomplete: 'email' });
  const mailLabel = element('label', {}, words.email, mail);
  const picker = element<HTMLInputElement>('input', {
    type: 'file',
    hidden: true,
    onchange() {
      for (const file of picker.files!) chat.sendFile(file);
      picker.value = '';
      scroll();
    },
  });
  const attach = element('button', { type: 'button', className: 's', ariaLabel: words.attach, onclick: () => picker.click() }, '+');
  const form = element<HTMLFormElement>(
    'form',
    {
      onsubmit(event: Event) {
        event.preventDefault();
        const text = box.value.trim();
        box.value = '';
        if (text) chat.send(text, { name: who.value, email: mail.value, form: chat.state() === 'away' });
        scroll();
        box.focus();
      },
    },
    whoLabel,
    mailLabel,
    box,
    picker,
    attach,
    element('button', { className: 'b' }, words.send),
  );

  let thanked = false;
  const verdict = element('p', { role: 'status' });
  const comment = element<HTMLInputElement>('input', { ariaLabel: words.comment, placeholder: words.comment });
  const stars = [1, 2, 3, 4, 5].map((score) =>
    element('button', { type: 'button', className: 's', ariaLabel: `${score} ${words.of}`, onclick: () => chat.rate(score, comment.value) }, '\u2605'),
  );
  const asked = element(
    'form',
    {
      ariaLabel: words.rate,
      onsubmit(event: Event) {
        event.preventDefault();
        thanked = true;
        chat.rate(chat.rating()!, comment.value);
      },
    },
    verdict,
    ...stars,
    comment,
    element('button', { className: 'b' }, words.send),
  );

  const panel = element(
    'section',
    {
      className: 'p',
      role: 'dialog',
      ariaLabel: words.title,
      hidden: true,
      onkeydown(event: KeyboardEvent) {
        if (event.key === 'Escape') toggle();
        else if (event.key === 'Enter' && event.target === box && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          form.requestSubmit();
        }
        // The page's own one-letter shortcuts must not fire while the visitor writes.
        event.stopPropagation();
      },
    },
    element(
      'div',
      { className: 'h' },
      element('div', {}, element('h2', {}, words.title), element('div', { className: 'm' }, line, typing)),
      element('button', { className: 's', ariaLabel: words.close, onclick: toggle }, '\u00d7'),
    ),
    log,
    asked,
    form,
  );
  const badge = element('span', { className: 'n' });
  const launcher = element('button', { className: 'l', onclick: toggle }, '\u2022\u2022\u2022', badge);

  const host = element('chat-widget', { lang: language });
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  root.append(panel, launcher);

  const rows: Record<string, Row> = {};
  const chat = startChat({
    url: `${origin}/ws/chat/${endpoint}/`,
    key: `chat:${endpoint}${visitorOf(identity)}`,
    language,
    name,
    identity,
    changed: render,
  });

  function fileNode({ name: label, image, url }: ChatFile): HTMLElement {
    const href = origin + url;
    const link = element(url ? 'a' : 'p', url ? { href, target: '_blank' } : {}, label);
    // A page whose policy lets no pictures in keeps the link.
    if (image) {
      const picture = element('img', {
        src: href,
        alt: label,
        onload() {
          link.replaceChildren(picture);
          scroll();
        },
      });
    }
    return link;
  }

  function rowOf({ id, uuid, from, text, at, files = [], state = 'sent', name: author = '' }: Entry): Row {
    const row: Row = (rows[uuid || id!] ||= element('div', { className: `e ${from}` }, element('div'), element('div', { className: 'm' })));
    // Addresses are signed anew at every visit: one that works is kept.
    const linked = !!files[0]?.url;
    if (row.linked !== linked) {
      row.linked = linked;
      row.firstElementChild!.replaceChildren(element('p', { dir: 'auto' }, text), ...files.map(fileNode));
    }
    const stuck = state === 'sending' && chat.state() === 'offline';
    const time = at ? ` \u00b7 ${new Date(at).toLocaleTimeString(language, { timeStyle: 'short' })}` : '';
    const shown = (from === 'visitor' ? words.states[stuck ? 'failed' : state] : author) + time;
    if (row.shown !== shown) {
      row.lastElementChild!.replaceChildren((row.shown = shown), ...(stuck ? [' ', element('button', { onclick: chat.hurry }, words.again)] : []));
    }
    return row;
  }

  function scroll(): void {
    log.scrollTop = log.scrollHeight;
  }

  function say(place: HTMLElement, text: string): void {
    if (place.textContent !== text) place.textContent = text;
  }

  function render(): void {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    const entries = chat.entries();
    // A row that is in its place is not touched: moving it would have it read aloud again.
    entries.map(rowOf).forEach((row, index) => {
      if (log.children[index] !== row) log.insertBefore(row, log.children[index] || null);
    });
    while (log.children[entries.length]) log.lastChild!.remove();

    const state = chat.state();
    // The history is shown in silence; what comes after it is announced.
    if (state.length > 4 && state !== 'connecting') log.ariaLive = 'polite';
    say(line, state === 'idle' ? '' : words.states[state]);
    const writer = chat.typing();
    say(typing, writer && ` \u00b7 ${writer} ${words.typing}`);

    const away = state === 'away';
    whoLabel.hidden = !away || chat.mail() || !!name;
    mailLabel.hidden = chat.mail() || !(away || (state === 'online' && !entries[0]));
    attach.hidden = mail.required = away;

    const score = chat.rating();
    asked.hidden = score === null;
    say(verdict, thanked ? words.thanks : words.rate);
    stars.forEach((star, index) => (star.ariaPressed = `${index < score!}`));

    if (atEnd) scroll();
    if (!panel.hidden && !document.hidden) chat.see();
    const unread = chat.unread().length;
    say(badge, `${unread}`);
    badge.hidden = !unread;
    launcher.ariaLabel = panel.hidden ? words.open + (unread ? ` (${unread})` : '') : words.close;
    launcher.ariaExpanded = `${!panel.hidden}`;
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

  addEventListener('online', chat.hurry);
  addEventListener('focus', chat.hurry);
  document.addEventListener('visibilitychange', render);

  render();
  document.body.append(host);
  if (chat.returning()) chat.connect();
  return host;
}
