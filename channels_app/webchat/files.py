"""The door for visitors' files. No cookies, pages of any origin."""

import logging
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from channels_app.attachments import MAX_FILE_BYTES
from channels_app.webchat import actions
from channels_app.webchat.limits import Limiter
from channels_app.webchat.protocol import ChatFile, ChatText, FrameError, Hello, clean_text, instant
from channels_app.webchat.queries import find_endpoint, origin_allowed
from channels_app.webchat.visitors import Visit, recognise
from contactcenter.kernel.errors import DomainError, Invalid, NotFound, PermissionDenied
from contactcenter.tenancy.doors import open_account

logger = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = MAX_FILE_BYTES + 64 * 1024
_limiter = Limiter()


class TooLarge(Invalid):
    """The file is above the limit."""

    code = "too_large"
    status = 413


class TooMany(DomainError):
    """The visitor sends faster than allowed; `data.retry_ms` says when to send again."""

    code = "rate_limited"
    status = 429


@csrf_exempt
@require_POST
def upload(request: HttpRequest, address: str) -> HttpResponse:
    """Take one file of a visitor (multipart: session, token, uuid, file); answered once its receipt is committed.

    The same uuid again is the same file. Answers {"uuid", "at"} or {"error": {...}}.
    """
    try:
        answer = JsonResponse(_take(request, address=address))
    except DomainError as error:
        answer = JsonResponse({"error": error.as_dict()}, status=error.status)
    except FrameError as error:
        answer = JsonResponse({"error": {"code": error.code, "message": error.message}}, status=400)
    # nothing here depends on a cookie: whoever holds session and token may read the answer
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _take(request: HttpRequest, *, address: str) -> dict[str, str]:
    endpoint = find_endpoint(address=address)
    if endpoint is None:
        raise NotFound("There is no such chat.")
    if not origin_allowed(origin=request.headers.get("Origin", ""), host=request.get_host(), origins=endpoint.origins):
        raise PermissionDenied("This page may not embed the chat.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        raise TooLarge(f"A file has at most {MAX_FILE_BYTES // 1_000_000} MB.", field="file")
    fields = request.POST
    uuid, session = _uuid(fields.get("uuid"), field="uuid"), _uuid(fields.get("session"), field="session")
    file = _file(request)
    at = timezone.now()
    hello = Hello(session=session, token=str(fields.get("token", ""))[:100], language=_language(request), name="")
    with open_account(endpoint.account_id):
        visit, _ = recognise(endpoint=endpoint, hello=hello, at=at)
        if visit.session != session:
            raise Invalid("A new chat needs a token of its own.", field="token")
        wait_ms = _limiter.take(session=session, at_s=monotonic())
        if wait_ms:
            raise TooMany("Too many files at once.", data={"retry_ms": wait_ms})
        stored = actions.store_message(visit=visit, text=ChatText(uuid=uuid, text="", file=file), at=at)
        if stored.created:
            _take_in(visit, receipt_id=stored.receipt_id)
    return {"uuid": str(uuid), "at": instant(stored.received_at)}


def _take_in(visit: Visit, *, receipt_id: int) -> None:
    try:
        actions.take_in_message(visit=visit, receipt_id=receipt_id)
    except Exception:
        # a door: the file is stored and will be acknowledged, the sweeper makes its entry
        logger.exception("receipt %s was stored but not taken in", receipt_id)


def _file(request: HttpRequest) -> ChatFile:
    file: Any = request.FILES.get("file")
    if file is None or not file.size:
        raise Invalid("Expected a file that is not empty.", field="file")
    if file.size > MAX_FILE_BYTES:
        raise TooLarge(f"A file has at most {MAX_FILE_BYTES // 1_000_000} MB.", field="file")
    return ChatFile(
        filename=clean_text(file.name or "")[:255] or "file",
        content_type=clean_text(file.content_type or "")[:120],
        content=file.read(),
    )


def _uuid(text: str | None, *, field: str) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise Invalid("Expected a UUID.", field=field) from None


def _language(request: HttpRequest) -> str:
    return str(request.POST.get("language", ""))[:2].lower()
