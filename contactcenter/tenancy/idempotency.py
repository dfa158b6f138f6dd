"""The same request under the same Idempotency-Key is done once, and answered the same every time."""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.models import ApiKey, IdempotentRequest

HEADER: Final = "Idempotency-Key"
MAX_LENGTH: Final = 200
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description=(
        "With an API key: any text of up to 200 characters, new for each thing to be done. The same request under the "
        "same text within a day is answered as before and does nothing; another one under it is a 409."
    ),
)
Handler = Callable[..., Response]


class KeyReused(Conflict):
    """This Idempotency-Key stood for another request."""

    code = "idempotency_key_reused"


def idempotent(handler: Handler) -> Handler:
    """Do what the view's method does at most once for each Idempotency-Key of an API key.

    The answer is kept in the transaction of the effect; a refused request keeps nothing and may be sent again. Of two
    at once the second waits for the first and gets its answer.
    """

    @functools.wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        text = request.headers.get(HEADER)
        key = request.auth
        if text is None or not isinstance(key, ApiKey):
            return handler(view, request, *args, **kwargs)
        if not text or len(text) > MAX_LENGTH:
            raise Invalid(f"Expected 1 to {MAX_LENGTH} characters.", field=HEADER)
        fingerprint = _fingerprint(request)
        earlier = _earlier(key=key, text=text, fingerprint=fingerprint)
        if earlier is not None:
            return earlier
        with transaction.atomic():
            try:
                with transaction.atomic():
                    row = IdempotentRequest.objects.create(
                        account_id=key.account_id, api_key=key, key=text, request_sha256=fingerprint
                    )
            except IntegrityError:
                # another one was first, and has committed: the unique index made us wait for it
                answer = _earlier(key=key, text=text, fingerprint=fingerprint)
                if answer is None:
                    raise
                return answer
            response = handler(view, request, *args, **kwargs)
            row.status = response.status_code
            row.answer = json.dumps(response.data, cls=DjangoJSONEncoder)
            row.save(update_fields=["status", "answer"])
            return response

    return once


def _earlier(*, key: ApiKey, text: str, fingerprint: str) -> Response | None:
    row = IdempotentRequest.objects.filter(api_key=key, key=text).first()
    if row is None:
        return None
    if row.request_sha256 != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request.", field=HEADER)
    return Response(json.loads(row.answer), status=row.status, headers={"Idempotent-Replayed": "true"})


def _fingerprint(request: Request) -> str:
    # Django keeps the bytes once they are read; REST framework then parses them from there
    body: bytes = request._request.body
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + body).hexdigest()
