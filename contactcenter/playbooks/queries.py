"""How to answer for an account, as the console shows it."""

from collections.abc import Iterable, Mapping
from typing import Any

from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.playbooks.models import AnswerPhrase, Disposition, FaqEntry, Script
from contactcenter.tenancy.queries import accounts_in_scope


def disposition_by_code(*, account_id: int, code: str) -> Disposition:
    """Return the account's active disposition of this code, or raise Invalid naming the field."""
    disposition = Disposition.objects.filter(account_id=account_id, code=code, is_active=True).first()
    if disposition is None:
        raise Invalid("This account has no such outcome.", field="disposition")
    return disposition


def playbook(*, account_id: int, language: str) -> dict[str, Any]:
    """Return how to answer for the account in the language; without a text in it, in the account's own language.

    Raises NotFound for an account out of reach.
    """
    account = accounts_in_scope().filter(pk=account_id).first()
    if account is None:
        raise NotFound("There is no such account.")
    spoken = (language or account.language, account.language)
    phrases = dict(AnswerPhrase.objects.filter(account=account, language__in=spoken).values_list("language", "text"))
    return {
        "account": {"id": account.pk, "name": account.name, "brand_color": account.brand_color},
        "language": spoken[0],
        "phrase": phrases.get(spoken[0]) or phrases.get(spoken[1]) or "",
        "scripts": _in_language(
            Script.objects.filter(account=account, is_current=True, language__in=spoken)
            .order_by("title", "id")
            .values("id", "language", "reason", "title", "body", "version"),
            wanted=spoken[0],
        ),
        "faq": _in_language(
            FaqEntry.objects.filter(account=account, language__in=spoken)
            .order_by("question", "id")
            .values("id", "language", "question", "answer"),
            wanted=spoken[0],
        ),
        "dispositions": list(
            Disposition.objects.filter(account=account, is_active=True).order_by("name", "id").values("code", "name")
        ),
    }


def _in_language(rows: Iterable[Mapping[str, Any]], *, wanted: str) -> list[Mapping[str, Any]]:
    """Return the rows of the wanted language, or all of them when there is none."""
    found = list(rows)
    return [row for row in found if row["language"] == wanted] or found
