"""Collecting usage from the time ledger: each interaction once, whatever is run how often."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import QuerySet

from billing import actions
from billing.actions.usage_lines import Collected
from billing.models import CollectedRun, UsageLine, UsageSource
from billing.tasks import collect_usage, sweep
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Call, CallSegment, Interaction, Message, Ticket
from contactcenter.worktime.models import Allocation, AllocationRun, Session
from tests.app.billing.rows import AT, allocate_again

Serve = Callable[..., Interaction]


def of_contacts() -> QuerySet[UsageLine]:
    """Usage of interactions; beside it every session has a line of its operator's hours."""
    return UsageLine.objects.filter(interaction__isnull=False)


def test_usage_holds_the_allocated_milliseconds_and_their_sources(account: Account, serve: Serve) -> None:
    interaction = serve(talk=70, hold=15, wrap=20)
    assert actions.collect_pending(at=AT) == Collected(added=2)
    line = of_contacts().get()
    assert (line.account_id, line.interaction_id, line.channel, line.direction) == (
        account.pk,
        interaction.pk,
        "voice",
        "in",
    )
    assert (line.talk_ms, line.hold_ms, line.wrap_ms, line.focus_ms, line.open_ms) == (70_000, 15_000, 20_000, 0, 0)
    assert line.contact_name == "Olga Petrova"
    assert line.ticket_number == f"T-{interaction.ticket.number}"
    assert sorted(line.sources.values_list("kind", "ms")) == [
        ("hold", 15_000),
        ("talk", 70_000),
        ("wrap", 20_000),
    ]


def test_collecting_twice_changes_nothing(serve: Serve) -> None:
    interaction = serve(talk=70)
    actions.collect_pending(at=AT)
    run = AllocationRun.objects.get()
    before = list(UsageLine.objects.values())
    assert actions.collect_pending(at=AT) == Collected()
    collect_usage(allocation_run_id=run.pk)
    sweep()
    assert actions.collect_usage(interaction_ids=[interaction.pk], at=AT) == Collected(unchanged=1)
    assert list(UsageLine.objects.values()) == before
    assert UsageSource.objects.filter(usage_line__in=of_contacts()).count() == 1


def test_an_interaction_that_goes_on_is_collected_when_it_has_ended(serve: Serve) -> None:
    interaction = serve(talk=70, is_ended=False)
    actions.collect_pending(at=AT)
    assert not of_contacts().exists()
    Interaction.objects.filter(pk=interaction.pk).update(ended_at=AT - timedelta(hours=1))
    assert actions.collect_pending(at=AT) == Collected(added=1)


def test_an_interaction_closed_long_after_its_time_is_collected_with_its_period(account: Account, serve: Serve) -> None:
    interaction = serve(talk=70, is_ended=False)
    actions.collect_pending(at=AT)
    AllocationRun.objects.update(made_at=AT - timedelta(days=60))
    Interaction.objects.filter(pk=interaction.pk).update(ended_at=AT)
    assert actions.collect_pending(at=AT) == Collected()
    june = {"since": datetime(2026, 6, 1, tzinfo=UTC), "until": datetime(2026, 7, 1, tzinfo=UTC)}
    assert actions.collect_period(account_id=account.pk, **june, at=AT) == Collected(added=1)
    assert actions.collect_period(account_id=account.pk, **june, at=AT) == Collected()


def test_a_later_allocation_adds_a_version_and_keeps_the_former(serve: Serve) -> None:
    interaction = serve(talk=70)
    actions.collect_pending(at=AT)
    allocate_again(interaction, talk=80, wrap=5)
    assert actions.collect_pending(at=AT) == Collected(changed=2)
    assert list(of_contacts().order_by("version").values_list("version", "is_current", "talk_ms", "wrap_ms")) == [
        (1, False, 70_000, 0),
        (2, True, 80_000, 5_000),
    ]
    assert actions.collect_pending(at=AT) == Collected()
    assert CollectedRun.objects.count() == 1


def test_a_later_allocation_of_the_same_time_adds_no_version(serve: Serve) -> None:
    interaction = serve(talk=70)
    actions.collect_pending(at=AT)
    allocate_again(interaction, talk=70)
    assert actions.collect_pending(at=AT) == Collected()
    assert of_contacts().count() == 1
    assert CollectedRun.objects.get().allocation_run_id == AllocationRun.objects.get(is_current=True).pk


def test_a_session_that_turns_out_void_takes_its_usage_back(serve: Serve) -> None:
    serve(talk=70)
    actions.collect_pending(at=AT)
    AllocationRun.objects.update(is_current=False)
    Allocation.objects.update(until_version=2)
    assert actions.collect_pending(at=AT) == Collected(changed=2)
    assert not UsageLine.objects.filter(is_current=True).exists()
    assert actions.collect_pending(at=AT) == Collected()


def test_the_growing_piece_of_a_running_session_is_left_out(serve: Serve) -> None:
    serve(talk=70, wrap=30)
    Session.objects.update(ended_at=None)
    actions.collect_pending(at=AT)
    line = of_contacts().get()
    assert (line.talk_ms, line.wrap_ms) == (70_000, 0)
    run = AllocationRun.objects.get()
    Session.objects.update(ended_at=datetime(2026, 6, 10, 9, 1, 40, tzinfo=UTC))
    AllocationRun.objects.update(revision=2)
    collect_usage(allocation_run_id=run.pk)
    assert of_contacts().get(is_current=True).wrap_ms == 30_000


def test_time_allocated_to_nobody_or_without_a_contact_is_no_usage(serve: Serve) -> None:
    serve(talk=70)
    Allocation.objects.update(account=None)
    actions.collect_pending(at=AT)
    assert not UsageLine.objects.exists()


def test_a_run_that_is_gone_is_no_error() -> None:
    collect_usage(allocation_run_id=987654)


@pytest.mark.parametrize("ids", [[], [987654]])
def test_unknown_interactions_are_no_error(ids: list[int]) -> None:
    assert actions.collect_usage(interaction_ids=ids, at=AT) == Collected()


def test_usage_knows_what_was_sent_and_in_which_language(account: Account, serve: Serve) -> None:
    interaction = serve(channel="sms", focus=60)
    Ticket.objects.filter(pk=interaction.ticket_id).update(language="ru")
    sent = [(1, 2, "out", interaction.operator), (2, 1, "out", interaction.operator), (3, None, "in", None)]
    for minute, parts, direction, operator in [*sent, (600, 5, "out", interaction.operator)]:
        Message.objects.create(
            account=account,
            ticket_id=interaction.ticket_id,
            direction=direction,
            channel="sms",
            operator=operator,
            # the last one goes out long after the interaction has ended
            at=interaction.started_at + timedelta(seconds=minute),
            status="sent",
            parts=parts,
        )
    actions.collect_pending(at=AT)
    line = of_contacts().get()
    assert (line.language, line.queue, line.messages, line.segments) == ("ru", "", 2, 3)


def test_usage_knows_the_queue_and_the_time_put_through_to_an_outside_number(account: Account, serve: Serve) -> None:
    interaction = serve(talk=70)
    call = Call.objects.create(
        account=account,
        endpoint_id=1,
        external_id="c1",
        direction="in",
        queue_name="sales",
        from_number="+34600000001",
        started_at=interaction.started_at,
    )
    stays = [("operator", interaction, 70_000), ("external", None, 125_500), ("external", None, 4_500)]
    for position, (kind, of, talk_ms) in enumerate(stays):
        CallSegment.objects.create(
            account=account, call=call, position=position, kind=kind, interaction=of, talk_ms=talk_ms
        )
    actions.collect_pending(at=AT)
    line = of_contacts().get()
    assert (line.queue, line.patched_ms, line.talk_ms) == ("sales", 130_000, 70_000)
