"""What stands below the replies of an account, per language. Needs a scope."""

import re
from collections.abc import Mapping

from django.db import transaction

from channels_app.models import EmailSignature
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Invalid, NotFound
from contactcenter.tenancy.models import Account
from contactcenter.tenancy.scope import current_scope

MAX_TEXT = 4_000
PLACEHOLDERS = ("operator", "account")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


def filled(*, text: str, values: Mapping[str, str]) -> str:
    """Return the text with {operator} and {account} filled in; lines that become empty by that are left out."""
    lines = []
    for line in text.split("\n"):
        full = _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), line)
        if full.strip() or not line.strip():
            lines.append(full.rstrip())
    return "\n".join(lines).strip("\n")


def signature_for(*, account_id: int, language: str, operator: str, account: str) -> str:
    """Return the account's signature in the language, else its general one, else ''."""
    rows = dict(
        EmailSignature.objects.filter(account_id=account_id, language__in={language, ""}).values_list(
            "language", "text"
        )
    )
    text = rows.get(language) or rows.get("") or ""
    return filled(text=text, values={"operator": operator, "account": account})


@transaction.atomic
def save_signature(*, account_id: int, language: str, text: str, actor_id: int) -> EmailSignature | None:
    """Set the account's signature in a language ('': in all without one of their own); an empty text removes it.

    Raises Invalid for a placeholder that there is not, NotFound for an account out of scope.
    """
    if not current_scope().allows(account_id):
        raise NotFound("There is no such account.", field="account_id")
    text = text.replace("\r\n", "\n").strip("\n")
    if len(text) > MAX_TEXT:
        raise Invalid(f"At most {MAX_TEXT} characters.", field="text")
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        known = " and ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise Invalid(f"There is no {{{unknown[0]}}}; there are {known}.", field="text")
    if not text.strip():
        EmailSignature.objects.filter(account_id=account_id, language=language).delete()
        row = None
    else:
        row, _ = EmailSignature.objects.update_or_create(
            account_id=account_id, language=language, defaults={"text": text}
        )
    audit.record(
        action="signature.change",
        target=row or Account(pk=account_id),
        actor_id=actor_id,
        account_id=account_id,
        data={"language": language, "text": text[:200]},
    )
    return row
