"""Writes of operators: the person, what they speak, whom they serve, how much they hold. One transaction each."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.operators.models import Operator, OperatorAlias, OperatorLanguage
from contactcenter.tenancy.actions import change_fields, save_user, set_memberships

OPERATOR_FIELDS = (
    "display_name",
    "home_account_id",
    "max_voice",
    "max_chat",
    "max_mail",
    "mail_is_interruptible",
    "chat_is_interruptible",
    "is_active",
)
USER_FIELDS = ("email", "full_name", "role", "language", "is_active")


def save_operator(*, actor_id: int, values: Mapping[str, Any], operator_id: int | None = None) -> Operator:
    """Create an operator with their login (operator_id None), or change the given fields of one.

    values: fields of Operator and User by name; password; languages [{"language", "level"}]; accounts [ids]; aliases
    [names]. Lists replace what was there. Afterwards all of it is saved and one audit row holds the changes, never the
    password. Conflict where the address or an alias is taken; Invalid where the home account is not one they serve.
    """
    with transaction.atomic():
        operator = (
            Operator()
            if operator_id is None
            else Operator.objects.select_for_update(of=("self",)).select_related("user").get(pk=operator_id)
        )
        user, changed = save_user(
            values={name: values[name] for name in USER_FIELDS if name in values},
            password=values.get("password"),
            user_id=None if operator_id is None else operator.user_id,
        )
        operator.user = user
        changed |= change_fields(row=operator, values=values, fields=OPERATOR_FIELDS)
        operator.save()
        if "accounts" in values:
            changed |= set_memberships(user=user, account_ids=values["accounts"])
        home = operator.home_account_id
        if home is not None and not user.memberships.filter(account_id=home).exists():
            raise Invalid("The home account must be one of the accounts served.", field="home_account_id")
        if "languages" in values:
            changed |= _set_languages(operator, values["languages"])
        if "aliases" in values:
            changed |= _set_aliases(operator, values["aliases"])
        audit.record(
            action="operator.create" if operator_id is None else "operator.change",
            target=operator,
            actor_id=actor_id,
            data=changed,
        )
    return operator


def _set_languages(operator: Operator, wanted: list[dict[str, Any]]) -> dict[str, Any]:
    levels = {entry["language"]: entry["level"] for entry in wanted}
    if len(levels) != len(wanted):
        raise Invalid("A language is listed twice.", field="languages")
    before = dict(operator.languages.values_list("language", "level"))
    if before == levels:
        return {}
    operator.languages.exclude(language__in=levels).delete()
    for language, level in levels.items():
        OperatorLanguage.objects.update_or_create(operator=operator, language=language, defaults={"level": level})
    return {"languages": [before, levels]}


def _set_aliases(operator: Operator, wanted: list[str]) -> dict[str, Any]:
    names = {name.strip() for name in wanted if name.strip()}
    before = set(operator.aliases.values_list("name", flat=True))
    if before == names:
        return {}
    taken = OperatorAlias.objects.filter(name__in=names).exclude(operator=operator).select_related("operator").first()
    if taken is not None:
        raise Conflict(f"{taken.name} is an alias of {taken.operator.display_name}.", field="aliases")
    operator.aliases.exclude(name__in=names).delete()
    OperatorAlias.objects.bulk_create(OperatorAlias(operator=operator, name=name) for name in sorted(names - before))
    return {"aliases": [sorted(before), sorted(names)]}
