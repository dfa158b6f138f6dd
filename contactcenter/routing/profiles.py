"""What routing goes by and what seldom changes: operators' profiles, queues' rules, accounts' terms.

Each process keeps what it has read. Triggers leave a mark whenever one of the tables behind it changes; the matching
that takes the mark gives the state a new name (MatcherState), and whoever has read under another name reads again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from contactcenter.operators.models import AccountCertification, Operator, OperatorLanguage, OperatorSkill
from contactcenter.routing.models import Queue, QueueMember, QueueSkill, RelaxationStep
from contactcenter.routing.rules import OVERFLOW, QueueRules, Step, default_steps
from contactcenter.tenancy.models import Account, Membership
from contactcenter.tickets.calendars import hours_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an operator may take."""

    accounts: frozenset[int]
    languages: Mapping[str, int]
    skills: Mapping[int, int]
    capacity: Mapping[str, int]
    mail_is_interruptible: bool
    chat_is_interruptible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account demands and consents to."""

    certifications: Mapping[int, int] = field(default_factory=dict)
    machine_allowed: bool = False
    interpreter_allowed: bool = False


NO_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All of it, by the ids of operators, queues and accounts. Inactive operators are not in it."""

    profiles: Mapping[int, Profile]
    rules: Mapping[int, QueueRules]
    terms: Mapping[int, Terms]


_kept: tuple[UUID, date, Book] | None = None


def book_of(*, state: UUID, on: date) -> Book:
    """Return the book of this state, from this process's memory where it has it; certificates count as of the day."""
    global _kept
    if _kept is None or _kept[:2] != (state, on):
        _kept = (state, on, read_book(on=on))
    return _kept[2]


def read_book(*, on: date) -> Book:
    """Read profiles, rules and terms from the database."""
    return Book(profiles=read_profiles(on=on), rules=_rules(), terms=_terms())


def capacity_of(operator: Operator) -> dict[str, int]:
    """Return the operator's places by kind."""
    return {"voice": operator.max_voice, "chat": operator.max_chat, "email": operator.max_mail}


def read_profiles(*, on: date | None = None, operator_ids: Collection[int] | None = None) -> dict[int, Profile]:
    """Read the profiles of all active operators, or of these; skills count as of the day, without one all of them."""
    these = Q() if operator_ids is None else Q(operator_id__in=operator_ids)
    languages: dict[int, dict[str, int]] = defaultdict(dict)
    spoken = OperatorLanguage.objects.filter(these)
    for operator_id, language, level in spoken.values_list("operator_id", "language", "level"):
        languages[operator_id][language] = level
    skills: dict[int, dict[int, int]] = defaultdict(dict)
    valid = Q() if on is None else Q(expires_on__isnull=True) | Q(expires_on__gte=on)
    held = OperatorSkill.objects.filter(these, valid, skill__is_active=True)
    for operator_id, skill_id, level in held.values_list("operator_id", "skill_id", "level"):
        skills[operator_id][skill_id] = level
    people = Operator.objects.filter(is_active=True, user__is_active=True)
    served = Membership.objects.all()
    if operator_ids is not None:
        people = people.filter(pk__in=operator_ids)
        served = served.filter(user__operator__in=operator_ids)
    accounts: dict[int, set[int]] = defaultdict(set)
    for user_id, account_id in served.values_list("user_id", "account_id"):
        accounts[user_id].add(account_id)
    return {
        row.pk: Profile(
            accounts=frozenset(accounts[row.user_id]),
            languages=languages[row.pk],
            skills=skills[row.pk],
            capacity=capacity_of(row),
            mail_is_interruptible=row.mail_is_interruptible,
            chat_is_interruptible=row.chat_is_interruptible,
        )
        for row in people
    }


def _rules() -> dict[int, QueueRules]:
    required: dict[int, dict[int, int]] = defaultdict(dict)
    optional: dict[int, dict[int, int]] = defaultdict(dict)
    asked = QueueSkill.objects.filter(skill__is_active=True)
    for queue_id, skill_id, level, is_required in asked.values_list("queue_id", "skill_id", "level", "is_required"):
        (required if is_required else optional)[queue_id][skill_id] = level
    members: dict[int, set[int]] = defaultdict(set)
    for queue_id, operator_id in QueueMember.objects.values_list("queue_id", "operator_id"):
        members[queue_id].add(operator_id)
    pools = {queue_id: frozenset(found) for queue_id, found in members.items()}
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in RelaxationStep.objects.order_by("queue_id", "after_s", "id"):
        steps[step.queue_id].append(
            Step(
                after=timedelta(seconds=step.after_s),
                action=step.action,
                level=step.level,
                # a queue without members is served by everybody entitled, and so is its overflow
                pool=pools.get(step.overflow_queue_id) if step.action == OVERFLOW and step.overflow_queue_id else None,
            )
        )
    return {
        queue.pk: QueueRules(
            queue_id=queue.pk,
            first_level=queue.minimum_level,
            skills=required[queue.pk],
            optional=optional[queue.pk],
            members=pools.get(queue.pk),
            steps=tuple(steps[queue.pk]) or default_steps(queue.minimum_level),
            sticky=timedelta(seconds=queue.sticky_seconds),
            offer_seconds=queue.offer_seconds,
            hours=hours_of(queue.calendar),
        )
        for queue in Queue.objects.select_related("calendar")
    }


def _terms() -> dict[int, Terms]:
    certifications: dict[int, dict[int, int]] = defaultdict(dict)
    for account_id, skill_id, level in AccountCertification.objects.values_list("account_id", "skill_id", "level"):
        certifications[account_id][skill_id] = level
    return {
        account.pk: Terms(
            certifications=certifications[account.pk],
            machine_allowed=account.allows_machine_translation,
            interpreter_allowed=account.allows_interpreter,
        )
        for account in Account.objects.all()
    }
