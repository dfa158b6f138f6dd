/**
 * The chat button and panel on a client's page:
 * <script src="https://HOST/widget.js" data-endpoint="shop-chat" async></script>
 *
 * Optional attributes: data-language (en, ru, es; the page's language otherwise), data-name (the visitor's
 * name, where the page knows it). Runs under a strict CSP: `script-src HOST; connect-src wss://HOST` is
 * all it needs; no inline style or script, no HTML from strings, no request to anybody else.
 */
import { mount } from './panel';

const script = document.currentScript as HTMLScriptElement;
const start = () => mount(script, new URL(script.src).origin);
// An `async` script may run before the page has a body.
if (document.body) start();
else addEventListener('DOMContentLoaded', start);
