/**
 * The chat button and panel on a client's page:
 * <script src="https://HOST/widget.js" data-endpoint="shop-chat" async></script>
 *
 * Optional attributes: data-language (en, ru, es; the page's language otherwise), data-name (the visitor's name, where
 * the page knows it), data-identity (a signed token, see docs/webchat.md). Runs under a strict CSP; no inline style or
 * script, no HTML from strings, no request to anybody else.
 */
import { mount } from './panel';

const script = document.currentScript as HTMLScriptElement;

function start(): void {
  // The first of the wished languages that we speak ("es-MX" is Spanish), English otherwise.
  const wished = `${script.dataset.language},${document.documentElement.lang},${navigator.language}`;
  const language = (/(^|,)(en|ru|es)/i.exec(wished)?.[2] || 'en').toLowerCase();
  import(/* @vite-ignore */ new URL(`/widget/${language}.js`, script.src).href).then(
    ({ default: words }) => mount(script.dataset, new URL(script.src).origin, language, words),
    () => addEventListener('online', start, { once: true }),
  );
}
// An `async` script may run before the page has a body.
if (document.body) start();
else addEventListener('DOMContentLoaded', start);
