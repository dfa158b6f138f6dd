"""Writes of operators: the person, what they speak, whom they serve, how much they hold. One transaction each."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.operators.models import (
    AccountCertification,
    Operator,
    OperatorAlias,
    OperatorLanguage,
    OperatorSkill,
    Skill,
)
from contactcenter.tenancy.actions import change_fields, save_user, set_memberships
from contactcenter.tenancy.models import Account

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

    values: fields of Operator and User by name; password; languages [{"language", "level"}]; skills [{"skill_id",
    "level", "expires_on"}]; accounts [ids]; aliases [names]. Lists replace what was there. Afterwards all is saved and
    one audit row holds the changes, never the password. Conflict where the address or an alias is taken; Invalid where
    the home account is not one they serve.
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
        if "skills" in values:
            changed |= _set_skills(operator, values["skills"])
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


def _set_skills(operator: Operator, wanted: list[dict[str, Any]]) -> dict[str, Any]:
    lines = {line["skill_id"]: (line["level"], line.get("expires_on")) for line in wanted}
    if len(lines) != len(wanted):
        raise Invalid("A skill is listed twice.", field="skills")
    unknown = lines.keys() - set(Skill.objects.filter(pk__in=lines).values_list("pk", flat=True))
    if unknown:
        raise Invalid(f"There is no skill {min(unknown)}.", field="skills")
    before = {pk: (level, on) for pk, level, on in operator.skills.values_list("skill_id", "level", "expires_on")}
    if before == lines:
        return {}
    operator.skills.exclude(skill_id__in=lines).delete()
    for skill_id, (level, expires_on) in lines.items():
        OperatorSkill.objects.update_or_create(
            operator=operator, skill_id=skill_id, defaults={"level": level, "expires_on": expires_on}
        )
    return {"skills": [_told(before), _told(lines)]}


def _told(lines: Mapping[int, tuple[int, Any]]) -> dict[str, str]:
    return {str(pk): f"{level}{f' until {on}' if on else ''}" for pk, (level, on) in sorted(lines.items())}


@transaction.atomic
def save_skill(*, actor_id: int, values: Mapping[str, Any], skill_id: int | None = None) -> Skill:
    """Create a skill (skill_id None) or change the given fields of one.

    values: name, is_active; certifications [{"account_id", "level"}] replaces the accounts that demand it of everybody.
    Conflict where the name is taken.
    """
    skill = Skill() if skill_id is None else Skill.objects.select_for_update().get(pk=skill_id)
    changed = change_fields(row=skill, values=values, fields=("name", "is_active"))
    if Skill.objects.filter(name__iexact=skill.name).exclude(pk=skill.pk).exists():
        raise Conflict("There is a skill of this name.", field="name")
    skill.save()
    if "certifications" in values:
        changed |= _set_certifications(skill, values["certifications"])
    audit.record(
        action="skill.create" if skill_id is None else "skill.change", target=skill, actor_id=actor_id, data=changed
    )
    return skill


def _set_certifications(skill: Skill, wanted: list[dict[str, Any]]) -> dict[str, Any]:
    levels = {line["account_id"]: line["level"] for line in wanted}
    if len(levels) != len(wanted):
        raise Invalid("An account is listed twice.", field="certifications")
    unknown = levels.keys() - set(Account.objects.filter(pk__in=levels).values_list("pk", flat=True))
    if unknown:
        raise Invalid(f"There is no account {min(unknown)}.", field="certifications")
    held = AccountCertification.objects.filter(skill=skill)
    before = dict(held.values_list("account_id", "level"))
    if before == levels:
        return {}
    held.exclude(account_id__in=levels).delete()
    for account_id, level in levels.items():
        AccountCertification.objects.update_or_create(account_id=account_id, skill=skill, defaults={"level": level})
    return {"certifications": [before, levels]}
