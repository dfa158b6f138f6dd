/** Colours as in src/tokens.css; `all: initial` keeps the page's own styles out. */
export const style = `
:host{all:initial!important;color-scheme:light dark!important;--s:light-dark(#fff,#161a20);--u:light-dark(#4b5462,#a8b2bf);--a:light-dark(#3350c4,#9db0ff);--o:light-dark(#fff,#0e1330);--d:light-dark(#b2251b,#ff8f86)}
*{box-sizing:border-box;margin:0;padding:0;border:0;font:14px/20px system-ui,sans-serif;color:inherit;background:0}
[hidden]{display:none!important}
button{cursor:pointer;padding:8px;border-radius:8px}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}
.l,.p{position:fixed;z-index:2147483647;right:20px;bottom:20px;box-shadow:0 4px 16px #0004}
.l{width:56px;height:56px;border-radius:28px 28px 4px;color:var(--o);background:var(--a);font-size:20px}
.n{position:absolute;top:-4px;right:-4px;padding:0 7px;border-radius:10px;background:var(--d);color:var(--s)}
.p{bottom:88px;display:flex;flex-direction:column;width:min(360px,100vw - 40px);height:min(520px,100vh - 108px);border:1px solid #8885;border-radius:12px;background:var(--s);color:light-dark(#16191e,#e9ecf0);overflow:hidden}
.h,form{display:flex;flex-wrap:wrap;align-items:end;gap:8px;padding:8px;border-top:1px solid #8885}
.h{padding-left:16px;border:0;border-bottom:1px solid #8885;flex-wrap:nowrap;align-items:start}
.h div{flex:1}
h2,.b,.e button{font-weight:600}
.m,label{font-size:12px;line-height:16px;color:var(--u)}
.m *{font:inherit}
.g{overflow-y:auto;padding:12px;flex:1}
.g:focus-visible{outline-offset:-3px}
.e{width:fit-content;max-width:85%;padding:8px 12px;margin-bottom:8px;border-radius:12px;background:#8882}
.visitor{background:light-dark(#e7ebfb,#232c52);margin-left:auto}
p,a{white-space:pre-wrap;overflow-wrap:anywhere}
img{display:block;max-width:100%;max-height:200px;border-radius:8px}
.e button{border:1px solid;color:var(--d)}
label,form p{flex:1 100%}
input,textarea{flex:1 140px;width:100%;padding:8px;border:1px solid light-dark(#7f8896,#78828f);border-radius:8px}
textarea{height:60px;resize:none}
::placeholder{color:var(--u);opacity:1}
.b{margin-left:auto;padding:10px 16px;background:var(--a);color:var(--o)}
.s{font-size:24px;color:var(--u)}
[aria-pressed=true]{color:var(--a)}
`;
