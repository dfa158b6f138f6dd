"""A page as a client's shop might have it, to try the widget on; only where DEBUG or DEMO is on."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html

from channels_app.webchat.queries import find_endpoint

# As strict as a careful client's own page: the widget has to work under it.
DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<link rel="stylesheet" href="/demo/chat.css">
<script src="/widget.js" data-endpoint="{address}" data-language="{language}" async></script>
</head>
<body>
<header><b>{name}</b></header>
<main>
<h1>{title}</h1>
<p>{text}</p>
</main>
</body>
</html>
"""

WORDS = {
    "en": ("We are glad you are here", "Any question? The button in the corner brings you to a person."),
    "ru": ("Рады видеть вас", "Есть вопрос? Кнопка в углу соединит вас с человеком."),
    "es": ("Nos alegra verle", "¿Alguna pregunta? El botón de la esquina le lleva a una persona."),
}

STYLE = """
:root { color-scheme: light dark }
body { margin: 0; font: 16px/1.6 Georgia, serif; background: Canvas; color: CanvasText }
header { padding: 20px 6vw; border-bottom: 1px solid color-mix(in srgb, CanvasText 20%, Canvas) }
main { padding: 8vh 6vw; max-width: 34em }
h1 { font-size: 44px; line-height: 1.15; font-weight: 400; margin: 0 0 16px }
"""


def _only_in_demo() -> None:
    if not (settings.DEBUG or settings.DEMO):
        raise Http404


def chat_page(request: HttpRequest, address: str) -> HttpResponse:
    """Answer a page that embeds the widget of this endpoint; 404 for an unknown one."""
    _only_in_demo()
    endpoint = find_endpoint(address=address)
    if endpoint is None:
        raise Http404
    language = endpoint.language if endpoint.language in WORDS else "en"
    title, text = WORDS[language]
    page = format_html(PAGE, language=language, name=endpoint.account_name, address=address, title=title, text=text)
    return HttpResponse(page, headers={"Content-Security-Policy": DEMO_POLICY})


def chat_style(request: HttpRequest) -> HttpResponse:
    """Answer the page's stylesheet."""
    _only_in_demo()
    return HttpResponse(STYLE, content_type="text/css; charset=utf-8")
