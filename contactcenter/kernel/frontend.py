"""Serves the built front end: one page for all of its routes, and the chat widget."""

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie


@never_cache
@ensure_csrf_cookie
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer the front end's index.html; the CSRF cookie comes with it."""
    # the collected copy goes with the collected scripts it names; a newer build counts from the next collectstatic on
    collected = settings.STATIC_ROOT / "app" / "index.html"
    index = collected if collected.is_file() else settings.FRONTEND_DIST / "index.html"
    if not index.is_file():
        return HttpResponse("The front end is not built. Run: make frontend", status=503, content_type="text/plain")
    return HttpResponse(index.read_bytes(), content_type="text/html; charset=utf-8")


def widget(request: HttpRequest) -> HttpResponseBase:
    """Answer the chat widget's script, which any web page of a client may embed."""
    return _widget_part(request, "widget.js")


def widget_texts(request: HttpRequest, language: str) -> HttpResponseBase:
    """Answer the words of the chat widget in one language."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return _widget_part(request, f"{language}.js")


def _widget_part(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer a built script, compressed by the build where the browser takes that."""
    script = settings.WIDGET_DIST / name
    if not script.is_file():
        return HttpResponse("The widget is not built. Run: make frontend", status=503, content_type="text/plain")
    packed = script.with_name(f"{name}.gz")
    compressed = packed.is_file() and "gzip" in request.headers.get("Accept-Encoding", "")
    response = FileResponse(
        (packed if compressed else script).open("rb"), content_type="text/javascript; charset=utf-8"
    )
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
