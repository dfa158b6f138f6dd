"""A caller put through to an outside number: the time there is a fact of its own, measured by the telephone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contactcenter.tenancy.doors import open_every_account
from contactcenter.tickets.call_actions import CallFacts, SegmentFacts, begin_patch, record_call
from contactcenter.tickets.models import Interaction
from tests.app.factories import AT, make_account, make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_account():
    with open_every_account(reason="a test of calls"):
        yield


def after(seconds):
    return AT + timedelta(seconds=seconds)


def call_of(operator, *further, ended_at):
    talk = SegmentFacts(
        kind="direct", operator_id=operator.pk, answered_at=after(10), ended_at=after(60), talk_ms=50_000
    )
    return CallFacts(
        endpoint_id=1, external_id="1", external_ids=["1"], direction="in", from_number="+4915100000", from_name="",
        to_number="+4930100", queue_name="", started_at=AT, enqueued_at=None, answered_at=after(10), ended_at=ended_at,
        wait_ms=None, ring_ms=None, talk_ms=None, hold_ms=None, outcome="", hung_up_by="", transfers=[], flags=[],
        segments=(talk, *further), contact_number="+4915100000", contact_name="", language="de", opens_ticket=True,
    )  # fmt: skip


def test_talk_with_an_outside_number_is_measured_on_the_interaction_of_who_put_it_through():
    account = make_account()
    operator = make_operator(account)
    outside = SegmentFacts(kind="external", operator_name="+49301234567", answered_at=after(65), ended_at=after(245))
    facts = call_of(operator, outside, ended_at=after(245))

    record_call(account_id=account.pk, facts=facts)
    record_call(account_id=account.pk, facts=facts)

    interaction = Interaction.objects.get()
    # the operator's own time ended at the transfer
    assert interaction.ended_at == after(60)
    assert (interaction.patched_to, interaction.patched_at, interaction.patched_ms) == (
        "+49301234567", after(65), 180_000,
    )  # fmt: skip


def test_patch_that_only_the_console_told_ends_with_the_call():
    account = make_account()
    operator = make_operator(account)
    running = call_of(operator, ended_at=None)
    record_call(account_id=account.pk, facts=running)
    begin_patch(interaction_id=Interaction.objects.get().pk, number="+49301234567", at=after(60))
    begin_patch(interaction_id=Interaction.objects.get().pk, number="+49309999999", at=after(70))

    record_call(account_id=account.pk, facts=running)
    assert Interaction.objects.get().patched_ms is None
    record_call(account_id=account.pk, facts=replace(running, ended_at=after(90)))

    interaction = Interaction.objects.get()
    assert (interaction.patched_to, interaction.patched_ms) == ("+49301234567", 30_000)


def test_unanswered_outside_number_is_no_patch():
    account = make_account()
    operator = make_operator(account)
    rang = SegmentFacts(kind="external", operator_name="+49301234567", ended_at=after(80))
    record_call(account_id=account.pk, facts=call_of(operator, rang, ended_at=after(80)))
    interaction = Interaction.objects.get()
    assert (interaction.patched_to, interaction.patched_at, interaction.patched_ms) == ("", None, None)
