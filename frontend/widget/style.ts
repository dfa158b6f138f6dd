/** Colours as in src/tokens.css; `all: initial` keeps the page's own styles out. */
export const style = `
:host{all:initial!important;color-scheme:light;--s:#fff;--c:#f3f4f6;--l:#d9dde3;--b:#7f8896;--t:#16191e;--u:#4b5462;--a:#3350c4;--o:#fff;--f:#e7ebfb;--d:#b2251b}
@media(prefers-color-scheme:dark){:host{color-scheme:dark;--s:#161a20;--c:#1f252d;--l:#2d3540;--b:#78828f;--t:#e9ecf0;--u:#a8b2bf;--a:#9db0ff;--o:#0e1330;--f:#232c52;--d:#ff8f86}}
*{box-sizing:border-box;margin:0;padding:0;font:14px/20px Inter,"Noto Sans",system-ui,sans-serif;color:inherit}
[hidden]{display:none!important}
button{border:0;background:0;cursor:pointer;padding:8px;border-radius:8px}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}
svg{width:24px;fill:none;stroke:currentColor;stroke-width:2;display:block}
.l,.p{position:fixed;z-index:2147483647;right:20px;bottom:20px;box-shadow:0 4px 16px #0004}
.l{padding:16px;border-radius:28px;color:var(--o);background:var(--a)}
.n{position:absolute;top:-4px;right:-4px;padding:0 7px;border-radius:10px;background:var(--d);color:var(--s)}
.p{bottom:88px;display:flex;flex-direction:column;width:360px;height:520px;max-width:calc(100vw - 40px);max-height:calc(100vh - 108px);border:1px solid var(--l);border-radius:12px;background:var(--s);color:var(--t);overflow:hidden}
header,form{display:flex;gap:8px;padding:8px}
header{padding-left:16px;border-bottom:1px solid var(--l)}
header div{flex:1}
h2,form button,.e button{font-weight:600}
.m,.m *{font-size:12px;line-height:16px;color:var(--u)}
.g{overflow-y:auto;padding:12px;flex:1}
.g:focus-visible{outline-offset:-3px}
.e{width:fit-content;max-width:85%;padding:8px 12px;margin-bottom:8px;border-radius:12px;background:var(--c)}
.visitor{background:var(--f);margin-left:auto}
p{white-space:pre-wrap;overflow-wrap:anywhere}
.e button{border:1px solid var(--d);color:var(--d)!important}
form{border-top:1px solid var(--l);align-items:end}
textarea{flex:1;height:60px;padding:8px;border:1px solid var(--b);border-radius:8px;resize:none;background:0}
textarea::placeholder{color:var(--u);opacity:1}
form button{padding:10px 16px;background:var(--a);color:var(--o)}
.h{position:absolute;clip-path:inset(50%)}
`;
