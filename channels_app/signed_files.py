"""Signed addresses of files: whoever holds one gets the file for a while, without a session.

For visitors of a chat, and for networks that fetch what we send from an address instead of taking the bytes.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from channels_app.attachments import IMAGES
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets.files import path_of
from contactcenter.tickets.models import Attachment

AGE: Final = timedelta(hours=4)
_SALT: Final = "chat.file"


def signed_path(attachment: Attachment) -> str:
    """Return the path at which the file is had for `AGE` from now."""
    token = signing.dumps([attachment.account_id, attachment.pk], salt=_SALT)
    return f"/chat/files/{token}/"


def public_url(attachment: Attachment) -> str:
    """Return the full signed address, or '' where this installation is not reachable by HTTPS from outside."""
    base = str(settings.PUBLIC_URL)
    return f"{base}{signed_path(attachment)}" if base.startswith("https://") else ""


def find_file(*, token: str) -> Attachment | None:
    """Return the file of a signed address; None for one that is forged or too old."""
    try:
        account_id, attachment_id = signing.loads(token, salt=_SALT, max_age=AGE)
    except signing.BadSignature:
        return None
    with open_account(account_id):
        return Attachment.objects.filter(pk=attachment_id).first()


@require_GET
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer the file of a signed address: pictures in place, everything else as a download, nothing ever as a page."""
    file = find_file(token=token)
    if file is None:
        return HttpResponse(
            "This link has expired. Reload the page with the chat.", status=410, content_type="text/plain"
        )
    path = path_of(file.sha256)
    if not path.is_file():
        raise Http404
    image = file.content_type in IMAGES
    answer = FileResponse(
        path.open("rb"),
        as_attachment=not image,
        filename=file.filename or "file",
        content_type=file.content_type if image else "application/octet-stream",
    )
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = f"private, max-age={int(AGE.total_seconds())}"
    answer["Referrer-Policy"] = "no-referrer"
    # pages of clients show the pictures
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
