"""Refused writes of tariffs and contracts: the reason, and that nothing changed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from billing import actions
from billing.models import Contract, Tariff, TariffVersion
from contactcenter.kernel.errors import Conflict, DomainError, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, CARE, sign, version_in_force

Serve = Callable[..., Interaction]
BAD = {**CARE, "currency": "euro"}


def rows() -> list[Any]:
    return [
        list(Tariff.objects.order_by("pk").values()),
        list(TariffVersion.objects.order_by("pk").values()),
        list(Contract.objects.order_by("pk").values()),
        AuditEntry.objects.count(),
    ]


def refused(error: type[DomainError], message: str, action: Callable[..., object], **given: Any) -> DomainError:
    before = rows()
    with pytest.raises(error, match=message) as caught:
        action(**given)
    assert rows() == before
    return caught.value


def test_a_name_is_taken_once() -> None:
    version_in_force(name="Care")
    refused(
        Conflict, "already a tariff called 'Care'", actions.add_tariff, name="Care", document=CARE, at=AT, actor_id=None
    )


def test_a_bad_document_is_refused_wherever_it_enters() -> None:
    version = version_in_force()
    error = refused(
        Invalid, "currency: must be three", actions.add_tariff, name="x", document=BAD, at=AT, actor_id=None
    )
    assert error.field == "document.currency"
    assert error.data["problems"][0]["field"] == "currency"
    given = {"tariff_id": version.tariff_id, "document": BAD, "at": AT, "actor_id": None}
    refused(Invalid, "currency: must be three", actions.add_draft_version, **given)
    draft = actions.add_draft_version(tariff_id=version.tariff_id, document=None, at=AT, actor_id=None)
    assert draft.document == version.document
    given = {"version_id": draft.pk, "document": BAD, "at": AT, "actor_id": None}
    refused(Invalid, "currency: must be three", actions.save_draft_version, **given)


def test_what_is_unknown_is_not_found() -> None:
    known: dict[str, Any] = {"at": AT, "actor_id": None}
    refused(NotFound, "no such tariff", actions.add_draft_version, tariff_id=0, document=None, **known)
    refused(NotFound, "no such tariff version", actions.save_draft_version, version_id=0, document=CARE, **known)
    refused(NotFound, "no such tariff version", actions.throw_away_draft, version_id=0, actor_id=None)
    refused(NotFound, "no such contract", actions.end_contract, contract_id=0, ends_on=date(2026, 1, 1), actor_id=None)
    refused(NotFound, "no such invoice", actions.issue_invoice, invoice_id=0, **known)
    refused(NotFound, "no such invoice", actions.discard_draft, invoice_id=0, actor_id=None)


def test_a_tariff_without_a_version_needs_a_document() -> None:
    tariff = Tariff.objects.create(name="Empty")
    given = {"tariff_id": tariff.pk, "at": AT, "actor_id": None}
    assert refused(Invalid, "no version to copy", actions.add_draft_version, document=None, **given).field == "document"
    assert actions.add_draft_version(document=CARE, **given).number == 1


def test_versions_follow_each_other_and_never_reach_back() -> None:
    version = version_in_force(since=date(2026, 3, 1))
    draft = actions.add_draft_version(tariff_id=version.tariff_id, document=None, at=AT, actor_id=None)
    for day in (date(2026, 2, 1), date(2026, 3, 1)):
        given = {"version_id": draft.pk, "effective_from": day, "at": AT, "actor_id": None}
        refused(Conflict, "Version 1 is in force from 2026-03-01", actions.put_in_force, **given)
    given = {"version_id": version.pk, "effective_from": date(2026, 9, 1), "at": AT, "actor_id": None}
    refused(Conflict, "never changes", actions.put_in_force, **given)
    refused(Conflict, "never changes", actions.throw_away_draft, version_id=version.pk, actor_id=None)


def test_contracts_end_after_they_start_and_do_not_overlap(account: Account) -> None:
    version = version_in_force()
    first = sign(account, version, since=date(2026, 1, 1), until=date(2026, 6, 1))
    sign(account, version, since=date(2026, 6, 1))
    given = {"account_id": account.pk, "tariff_id": version.tariff_id, "at": AT, "actor_id": None}
    for since, until in ((date(2025, 1, 1), None), (date(2026, 5, 31), date(2026, 6, 1))):
        refused(Conflict, "already", actions.sign_contract, starts_on=since, ends_on=until, **given)
    day = date(2025, 1, 1)
    assert refused(Invalid, "end after", actions.sign_contract, starts_on=day, ends_on=day, **given).field == "ends_on"
    refused(Invalid, "end after", actions.end_contract, contract_id=first.pk, ends_on=date(2026, 1, 1), actor_id=None)
    late = {"contract_id": first.pk, "ends_on": date(2026, 6, 2), "actor_id": None}
    refused(Conflict, "another contract", actions.end_contract, **late)


def test_the_database_itself_keeps_contracts_apart(account: Account) -> None:
    version = version_in_force()
    sign(account, version)
    with pytest.raises(DatabaseError, match="contract_no_overlap"), transaction.atomic():
        Contract.objects.create(account=account, tariff_id=version.tariff_id, starts_on=date(2026, 8, 1))


def test_a_contract_cannot_end_within_an_invoiced_month(account: Account, serve: Serve) -> None:
    contract = sign(account, version_in_force())
    serve(talk=60)
    actions.collect_pending(at=AT)
    built = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None)
    actions.issue_invoice(invoice_id=built.invoice.pk, at=AT, actor_id=None, approve=True)
    given = {"contract_id": contract.pk, "ends_on": date(2026, 6, 15), "actor_id": None}
    refused(
        Conflict, "2026-06 has been invoiced; the contract cannot end before 2026-07-01", actions.end_contract, **given
    )
    assert actions.end_contract(**{**given, "ends_on": date(2026, 7, 1)}).ends_on == date(2026, 7, 1)
