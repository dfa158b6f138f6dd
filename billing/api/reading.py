"""What billing's views read from a request before they call the domain."""

import codecs
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from billing.account_periods import account_in_scope, account_period
from billing.periods import Period, PeriodError
from contactcenter.kernel.errors import Invalid
from contactcenter.tenancy.login import logged_in
from contactcenter.tenancy.models import Account, Role
from contactcenter.tenancy.permissions import roles

ReadsBills = roles(Role.CLIENT_VIEWER, Role.CLIENT_ADMIN, Role.BILLING_ADMIN, Role.ADMIN)
WRITERS = frozenset({Role.BILLING_ADMIN.value, Role.ADMIN.value})


class ExactJSONParser(JSONParser):
    """JSON whose numbers with a point are decimals: a price never passes through a binary float."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the body's values; ParseError where it is not JSON in UTF-8."""
        try:
            return json.load(codecs.getreader("utf-8")(stream), parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}") from error


def body(request: Request, shape: type[Serializer[Any]]) -> dict[str, Any]:
    """Return the request's values as the shape wants them; a validation error names the field."""
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def account_of(request: Request) -> Account:
    """Return the account that ?account= names; Invalid without it, NotFound out of reach."""
    given = request.query_params.get("account")
    if given is None:
        raise Invalid("Name the account.", field="account")
    return account_in_scope(account_id=whole(given, field="account"))


def month_of_account(*, account: Account, label: str, field: str = "month") -> Period:
    """Return the account's month; Invalid where the text is none."""
    try:
        return account_period(account=account, label=label)
    except PeriodError as error:
        raise Invalid(str(error), field=field) from error


def whole(text: str, *, field: str) -> int:
    """Read a whole number from a query; Invalid for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Invalid(f"{text!r} is not a whole number.", field=field)
    return int(text)


def actor_id(request: Request) -> int:
    """Return the id of the person who asks, for the audit trail."""
    return logged_in(request).pk
