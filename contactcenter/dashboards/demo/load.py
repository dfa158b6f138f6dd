"""Puts the demo's house into the database. Run again it adds what is missing and changes nothing that is there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

from billing import actions as billing
from billing.models import BillingProfile, Contract, Issuer, Tariff
from channels_app.models import Endpoint, EndpointKind
from contactcenter.dashboards.demo.house import DemoAccount, DemoOperator, demo_accounts, demo_operators
from contactcenter.dashboards.demo.texts import LANGUAGES, load_house, load_texts
from contactcenter.operators.models import Operator, OperatorAlias, OperatorLanguage
from contactcenter.playbooks.models import AnswerPhrase, Disposition, FaqEntry, Script
from contactcenter.routing.models import Queue
from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.models import Account, Membership, Role, User
from contactcenter.worktime.models import IdlePolicy

PASSWORD: Final = "harbour-lantern-42"  # noqa: S105  (a demo's, printed by the command)


@transaction.atomic
def load_demo(*, accounts: int, operators: int, at: datetime) -> dict[str, Any]:
    """Load the demo; returns its accounts and logins. Contracts begin with the month before `at`."""
    with open_every_account(reason="the demo builds several accounts"):
        wanted = demo_accounts(count=accounts)
        rows = {account.slug: _account(account) for account in wanted}
        families = {
            family: [rows[account.slug] for account in wanted if account.family == family]
            for family in {account.family for account in wanted}
        }
        for account in wanted:
            _endpoints(account, rows[account.slug])
            _playbook(account, rows[account.slug])
        for entry in load_house()["queues"]:
            facts = {"channel": "", **entry}
            name, language, channel = facts.pop("name"), facts.pop("language", ""), facts.pop("channel")
            Queue.objects.get_or_create(
                account=None, language=language, channel=channel, defaults={"name": name, **facts}
            )
        staff = [_operator(operator, families) for operator in demo_operators(count=operators)]
        _people(families)
        _idle_policies(families)
        _contracts(wanted, rows, at=at)
    return {
        "accounts": [{"name": row.name, "slug": slug} for slug, row in rows.items()],
        "operators": [operator.display_name for operator in staff],
        "logins": logins(),
    }


def logins() -> list[dict[str, str]]:
    """Return the demo's logins, one a role and account."""
    house = load_house()
    first = house["operators"][0]
    people = [{"role": str(Role.OPERATOR), "email": first["email"], "name": first["name"]}]
    people += [{"role": person["role"], "email": person["email"], "name": person["name"]} for person in house["people"]]
    return [{**person, "password": PASSWORD} for person in people]


def _account(account: DemoAccount) -> Account:
    fields = [
        *("name", "language", "time_zone", "currency", "ticket_prefix", "brand_color"),
        *("legal_name", "legal_address", "tax_id", "billing_email"),
    ]
    row, _ = Account.objects.get_or_create(slug=account.slug, defaults={name: account.facts[name] for name in fields})
    BillingProfile.objects.get_or_create(account=row, defaults={"country": account.facts["region"]})
    return row


def _endpoints(account: DemoAccount, row: Account) -> None:
    facts = account.facts
    lines = {f"queue:{account.slug}-{language}": language for language in LANGUAGES}
    wanted: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (EndpointKind.EMAIL, facts["mailbox"], {}),
        (EndpointKind.WEBCHAT, facts["chat"], {}),
        (EndpointKind.VOICE, facts["line"], {"region": facts["region"], "number": facts["number"], "languages": lines}),
    )
    for kind, address, settings in wanted:
        Endpoint.objects.get_or_create(
            kind=kind,
            address=address,
            defaults={
                "account": row,
                "name": f"{row.name}: {EndpointKind(kind).label}",
                "language": facts["language"],
                "settings": settings,
            },
        )


def _playbook(account: DemoAccount, row: Account) -> None:
    for code, name in account.facts["dispositions"].items():
        Disposition.objects.get_or_create(account=row, code=code, defaults={"name": name})
    language = account.facts["language"]
    book = load_texts(language).playbook
    for spoken in LANGUAGES:
        greeting = load_texts(spoken).playbook["phrase"].replace(_name_in(spoken), row.name)
        AnswerPhrase.objects.get_or_create(account=row, language=spoken, defaults={"text": greeting})
    for script in book["scripts"]:
        Script.objects.get_or_create(
            account=row,
            language=language,
            reason=script["reason"],
            is_current=True,
            defaults={"title": script["title"], "body": script["body"].strip()},
        )
    for question, answer in book["faq"]:
        FaqEntry.objects.get_or_create(account=row, language=language, question=question, defaults={"answer": answer})


def _name_in(language: str) -> str:
    names: dict[str, str] = {account["language"]: account["name"] for account in load_house()["accounts"]}
    return names[language]


@cache
def _password_hash() -> str:
    """One hash for all: a strong one takes a while, and the demo's password is no secret."""
    return make_password(PASSWORD)


def _user(facts: Mapping[str, Any], *, role: str, accounts: Iterable[Account]) -> User:
    user = User.objects.filter(email=facts["email"]).first()
    if user is None:
        user = User.objects.create_user(
            facts["email"],
            None,
            full_name=facts["name"],
            role=role,
            language=facts["screen"],
            is_staff=role == Role.ADMIN,
            is_superuser=role == Role.ADMIN,
        )
        user.password = _password_hash()
        user.save(update_fields=["password"])
    for account in accounts:
        Membership.objects.get_or_create(user=user, account=account)
    return user


def _operator(wanted: DemoOperator, families: Mapping[str, Sequence[Account]]) -> Operator:
    facts = {"email": wanted.email, "name": wanted.name, "screen": wanted.screen}
    accounts = [account for family in wanted.families for account in families.get(family, ())]
    user = _user(facts, role=Role.OPERATOR, accounts=accounts)
    home = families.get(wanted.home, ())
    operator, _ = Operator.objects.get_or_create(
        user=user, defaults={"display_name": wanted.name, "home_account": home[0] if home else None}
    )
    for language, level in wanted.languages.items():
        OperatorLanguage.objects.get_or_create(operator=operator, language=language, defaults={"level": level})
    for alias in wanted.aliases:
        OperatorAlias.objects.get_or_create(name=alias, defaults={"operator": operator})
    return operator


def _people(families: Mapping[str, Sequence[Account]]) -> None:
    for person in load_house()["people"]:
        accounts = [account for family in person.get("accounts", ()) for account in families.get(family, ())]
        user = _user(person, role=person["role"], accounts=accounts)
        if languages := person.get("languages"):
            # whoever may take a ticket over serves it as an operator
            operator, _ = Operator.objects.get_or_create(user=user, defaults={"display_name": person["name"]})
            for language, level in languages.items():
                OperatorLanguage.objects.get_or_create(operator=operator, language=language, defaults={"level": level})


def _idle_policies(families: Mapping[str, Sequence[Account]]) -> None:
    for email, facts in load_house()["idle"].items():
        operator = None if email == "default" else Operator.objects.filter(user__email=email).first()
        if operator is None and email != "default":
            continue
        percent = {
            str(families[family][0].pk): part for family, part in facts.get("percent", {}).items() if family in families
        }
        settings = {"percent": percent} if percent else {}
        IdlePolicy.objects.get_or_create(operator=operator, defaults={"kind": facts["kind"], "settings": settings})


def _contracts(wanted: Sequence[DemoAccount], rows: Mapping[str, Account], *, at: datetime) -> None:
    issuer = Issuer.objects.order_by("pk").first()
    if issuer is None:
        Issuer.objects.create(
            legal_name="Polyglot Contact Centre OÜ",
            legal_address="Näidise 1, 10111 Tallinn, Estonia",
            tax_id="EE000000000",
            country="EE",
            city="Tallinn",
            postcode="10111",
            email="billing@polyglot.example",
            bank_account="EE00 0000 0000 0000 0000",
        )
    tariffs = {}
    for document in load_house()["tariffs"]:
        tariff = Tariff.objects.filter(name=document["name"]).first()
        if tariff is None:
            version = billing.add_tariff(name=document["name"], document=document, at=at, actor_id=None)
            billing.put_in_force(version_id=version.pk, effective_from=date(at.year - 1, 1, 1), at=at, actor_id=None)
            tariff = billing.offer_tariff(tariff_id=version.tariff_id, is_offered=True, actor_id=None)
        tariffs[document["name"]] = tariff
    for account in wanted:
        row = rows[account.slug]
        if Contract.objects.filter(account=row).exists():
            continue
        tariff = tariffs[account.facts["tariff"]]
        starts_on = month_before(at.astimezone(ZoneInfo(row.time_zone)).date())
        billing.sign_contract(
            account_id=row.pk, tariff_id=tariff.pk, starts_on=starts_on, ends_on=None, at=at, actor_id=None
        )
        billing.record_acceptance(
            account_id=row.pk,
            version_id=tariff.versions.get(number=1).pk,
            effective_from=starts_on,
            name=f"{row.name}, by hand",
            evidence="signed on paper, as the demo has it",
            at=at,
            actor_id=None,
        )


def month_before(day: date) -> date:
    """Return the first day of the month before this day's."""
    return date(day.year - 1, 12, 1) if day.month == 1 else date(day.year, day.month - 1, 1)
