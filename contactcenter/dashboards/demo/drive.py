"""Drives one planned day through the real doors and the real actions, on a clock of its own.

Contacts arrive by themselves; what operators do follows from the offers they get.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from contactcenter.dashboards.demo.desk import Desk, Talk
from contactcenter.dashboards.demo.doors import AccountDoors, fixed_uuid
from contactcenter.dashboards.demo.mails import build_out_of_office
from contactcenter.dashboards.demo.pbx import LogLine, Telephony, free_at
from contactcenter.dashboards.demo.plan import Arrival, DayPlan, Rest
from contactcenter.dashboards.demo.steps import Steps
from contactcenter.dashboards.demo.texts import load_texts
from contactcenter.kernel.errors import Conflict, NotFound
from contactcenter.operators.models import Operator
from contactcenter.playbooks.queries import disposition_by_code
from contactcenter.routing import actions as routing
from contactcenter.routing.models import Assignment, AssignmentState, Offer, OfferState
from contactcenter.tickets import actions as tickets
from contactcenter.tickets import interaction_actions
from contactcenter.tickets.models import Call, Message, Ticket

LOG_EVERY: Final = timedelta(minutes=30)
ACTIVITY_EVERY: Final = timedelta(seconds=60)
VISITOR_PATIENCE: Final = timedelta(minutes=6)
LAST_MOMENT: Final = timedelta(minutes=30)
MISSES: Final = 0.03
"""So often an operator does not notice an offer."""


class Day:
    """The state of the simulated day. `counts` is what the summary tells."""

    def __init__(self, *, plan: DayPlan, telephony: Telephony, seed: int, reconnected: Callable[[], None]) -> None:
        self.plan = plan
        self.telephony = telephony
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self.steps = Steps(reconnected=reconnected, counts=self.counts)
        self._chance = random.Random(f"drive {self.seed} {self.plan.day.isoformat()}")
        self._doors = {arrival.account.slug: AccountDoors(arrival.account) for arrival in self.plan.arrivals}
        self._matters: dict[int, Arrival] = {}
        self._talks: dict[int, Talk] = {}
        self._calls = {arrival.index: arrival for arrival in self.plan.arrivals}
        self._answered_offers: set[int] = set()
        self._logs: dict[str, list[LogLine]] = defaultdict(list)
        rows = {operator.user.email: operator for operator in Operator.objects.select_related("user")}
        self._desks = {
            rows[shift.operator.email].pk: Desk(
                rows[shift.operator.email],
                shift,
                self.telephony.engaged.get(shift.operator.email, ()),
                shift.starts_at,
            )
            for shift in self.plan.shifts
        }

    def run(self) -> None:
        """Walk through the day until nothing is left to do."""
        for desk in self._desks.values():
            self._plan_shift(desk)
        for arrival in self.plan.arrivals:
            self._plan_arrival(arrival)
        for line in self.telephony.lines:
            self._logs[line.line].append(line)
        if self.telephony.lines:
            self.steps.at(self.telephony.lines[0].at + LOG_EVERY, self._import_log)
        self.steps.run(settled=self._see_offers)

    def _seconds(self, low: float, high: float) -> timedelta:
        return timedelta(milliseconds=round(self._chance.uniform(low, high) * 1000))

    def _see_offers(self, at: datetime) -> None:
        pending = Offer.objects.filter(state=OfferState.PENDING, operator_id__in=self._desks).order_by("pk")
        for offer in pending:
            if offer.pk not in self._answered_offers:
                self._answered_offers.add(offer.pk)
                self._plan_answer(offer)

    # --- shifts ----------------------------------------------------------------------------------

    def _plan_shift(self, desk: Desk) -> None:
        self.steps.at(desk.shift.starts_at, lambda at: self._be(desk, "available", at))
        for rest in desk.shift.rests:
            self.steps.at(rest.starts_at, lambda at, rest=rest: self._go_on_break(desk, rest, at, tries=10))  # type: ignore[misc]
        self.steps.at(desk.shift.ends_at, lambda at: self._wind_down(desk, at))

    def _be(self, desk: Desk, state: str, at: datetime, reason: str = "") -> None:
        routing.set_presence(operator_id=desk.operator.pk, state=state, reason=reason, at=at)
        if state == "available":
            self.steps.ask_for_match()

    def _go_on_break(self, desk: Desk, rest: Rest, at: datetime, *, tries: int) -> None:
        """Finish what is open first, within reason; then rest as long as planned."""
        if tries and self._has_work(desk, at):
            again = at + timedelta(minutes=1)
            self.steps.at(again, lambda at: self._go_on_break(desk, rest, at, tries=tries - 1))
            return
        back = at + (rest.ends_at - rest.starts_at)
        self._be(desk, "break", at, rest.reason)
        desk.busy_until = max(desk.busy_until, back)
        self.counts["breaks"] += 1
        self.steps.at(back, lambda at: self._be(desk, "available", at))

    def _wind_down(self, desk: Desk, at: datetime) -> None:
        """No new offers; sign out once the open work is done, at the latest after half an hour."""
        self._be(desk, "break", at, "end of shift")
        self._sign_out(desk, at, until=at + LAST_MOMENT)

    def _sign_out(self, desk: Desk, at: datetime, *, until: datetime) -> None:
        if at < until and self._has_work(desk, at):
            self.steps.at(at + timedelta(seconds=30), lambda at: self._sign_out(desk, at, until=until))
            return
        self._be(desk, "offline", at)

    def _has_work(self, desk: Desk, at: datetime) -> bool:
        if free_at(spans=desk.calls, at=at) != at:
            return True
        live = (AssignmentState.ACTIVE, AssignmentState.WRAPPING)
        return Assignment.objects.filter(operator=desk.operator, state__in=live).exists()

    # --- arrivals --------------------------------------------------------------------------------

    def _plan_arrival(self, arrival: Arrival) -> None:
        self.counts[arrival.channel] += 1
        if arrival.channel == "email":
            self.steps.at(arrival.at, lambda at: self._mail_arrives(arrival, at))
        elif arrival.channel == "chat":
            self.steps.at(arrival.at, lambda at: self._chat_begins(arrival, at))

    def _mail_arrives(self, arrival: Arrival, at: datetime) -> None:
        ticket_id = self._doors[arrival.account.slug].receive_planned_mail(arrival)
        self._matters[ticket_id] = arrival

    def _chat_begins(self, arrival: Arrival, at: datetime) -> None:
        talk = Talk(arrival, self._doors[arrival.account.slug].begin_chat(arrival))
        ticket_id = self._visitor_writes(talk, at)
        self._matters[ticket_id] = arrival
        self._talks[ticket_id] = talk
        self.steps.at(at + VISITOR_PATIENCE, lambda at: self._visitor_may_give_up(ticket_id, at))

    def _visitor_writes(self, talk: Talk, at: datetime) -> int:
        text = talk.arrival.fill(talk.arrival.topic.chat[talk.lines])
        doors = self._doors[talk.arrival.account.slug]
        ticket_id = doors.visitor_says(visit=talk.visit, number=talk.lines, text=text, at=at)
        doors.visitor_sees(visit=talk.visit)
        talk.lines += 1
        return ticket_id

    def _visitor_may_give_up(self, ticket_id: int, at: datetime) -> None:
        talk = self._talks[ticket_id]
        if talk.answers == 0:
            talk.left = True
            self.counts["visitors_gone"] += 1
            self._doors[talk.arrival.account.slug].visitor_leaves(visit=talk.visit, at=at)

    def _import_log(self, at: datetime) -> None:
        """Read what the telephone system has written since the last time, one file per account's line."""
        left = False
        for slug, doors in self._doors.items():
            lines = self._logs[doors.account.facts["line"]]
            due = [line.text for line in lines if line.at <= at]
            if due:
                self.counts["call_log_lines"] += len(due)
                for call in doors.feed_log(lines=due, at=at):
                    self._note_outcome(call, at)
            self._logs[doors.account.facts["line"]] = [line for line in lines if line.at > at]
            left = left or bool(self._logs[self._doors[slug].account.facts["line"]])
        if left:
            self.steps.at(at + LOG_EVERY, self._import_log)

    def _note_outcome(self, call: Call, at: datetime) -> None:
        """The operator notes how an answered call ended, and solves its matter more often than not."""
        planned = self._calls[int(call.external_id.rpartition(".")[2])]
        outcome = disposition_by_code(account_id=call.account_id, code=planned.topic.disposition)
        for segment in call.segments.select_related("interaction__operator").filter(
            interaction__wrapped_at__isnull=True
        ):
            interaction = segment.interaction
            if interaction is None or interaction.ended_at is None:
                continue
            interaction_actions.wrap_interaction(
                interaction_id=interaction.pk, at=interaction.ended_at, disposition_id=outcome.pk
            )
            if self._chance.random() < 0.8 and call.ticket_id is not None:
                tickets.change_status(
                    ticket_id=call.ticket_id, status="solved", at=at, actor_id=interaction.operator.user_id
                )

    # --- offers ----------------------------------------------------------------------------------

    def _plan_answer(self, offer: Offer) -> None:
        self.counts["offers"] += 1
        desk = self._desks[offer.operator_id]
        looks = offer.offered_at + self._seconds(2.5, 9)
        if self._chance.random() < MISSES:
            self.steps.at(offer.expires_at + timedelta(milliseconds=200), self._let_expire)
        elif offer.channel == "chat" and free_at(spans=desk.calls, at=looks) > offer.expires_at:
            # in the middle of a call a chat would wait too long
            self.steps.at(looks, lambda at: self._decline(offer, at))
        else:
            self.steps.at(looks, lambda at: self._accept(offer, at))

    def _let_expire(self, at: datetime) -> None:
        self.counts["offers_timed_out"] += routing.expire_offers(at=at)
        self.steps.ask_for_match()

    def _decline(self, offer: Offer, at: datetime) -> None:
        try:
            routing.decline_offer(offer_id=offer.pk, operator_id=offer.operator_id, at=at, reason="on the phone")
        except Conflict:
            return
        self.counts["offers_declined"] += 1
        self.steps.ask_for_match()
        # the same operator may be asked again after a minute; nobody else may have come by then
        self.steps.at(at + timedelta(seconds=61), lambda at: self.steps.ask_for_match())

    def _accept(self, offer: Offer, at: datetime) -> None:
        try:
            routing.accept_offer(offer_id=offer.pk, operator_id=offer.operator_id, at=at)
        except Conflict:
            return
        self.counts["offers_accepted"] += 1
        desk, talk = self._desks[offer.operator_id], self._talks.get(offer.ticket_id)
        if talk is not None:
            talk.desk = desk
            self._plan_chat_answer(offer.ticket_id, talk, at)
        else:
            self._plan_mail_answer(offer.ticket_id, desk, at)

    # --- chats -----------------------------------------------------------------------------------

    def _plan_chat_answer(self, ticket_id: int, talk: Talk, at: datetime) -> None:
        if talk.desk is None:
            return
        start, end = talk.desk.take_time(wanted=at + self._seconds(2, 8), seconds=self._chance.uniform(7, 32))
        self.steps.at(start, lambda at: self._look_at(ticket_id, talk.desk, at, active=True))
        self.steps.at(end, lambda at: self._answer_chat(ticket_id, talk, at))

    def _answer_chat(self, ticket_id: int, talk: Talk, at: datetime) -> None:
        desk = talk.desk
        if desk is None:
            return
        if not self._is_mine(ticket_id, desk):
            # the visitor left before the first answer: there is only the outcome to note
            self._wrap_up(ticket_id, desk, at)
            return
        answer = talk.arrival.fill(talk.arrival.topic.answers[talk.answers])
        if talk.answers == 0:
            opener = self._chance.choice(load_texts(talk.arrival.language).openers)
            greeting = self._chance.choice(load_texts(talk.arrival.language).greetings).rstrip(",:")
            answer = f"{opener.format(op=self._first_name(desk), greeting=greeting)} {answer}"
        self._reply(ticket_id, desk, channel="chat", text=answer, number=talk.answers, at=at)
        self._look_at(ticket_id, desk, at, active=False)
        talk.answers += 1
        if talk.left or talk.answers >= len(talk.arrival.topic.answers):
            self._finish(ticket_id, desk, at)
        elif talk.lines < len(talk.arrival.topic.chat):
            self.steps.at(at + self._seconds(6, 38), lambda at: self._visitor_goes_on(ticket_id, talk, at))

    def _visitor_goes_on(self, ticket_id: int, talk: Talk, at: datetime) -> None:
        self._visitor_writes(talk, at)
        self._plan_chat_answer(ticket_id, talk, at)

    # --- mails -----------------------------------------------------------------------------------

    def _plan_mail_answer(self, ticket_id: int, desk: Desk, at: datetime) -> None:
        seconds = self._chance.uniform(45, 190)
        start, end = desk.take_time(wanted=at + self._seconds(1, 4), seconds=seconds)
        while start < end:
            # the screen says again and again that there is activity
            self.steps.at(start, lambda at: self._look_at(ticket_id, desk, at, active=True))
            start = free_at(spans=desk.calls, at=start + ACTIVITY_EVERY)
        self.steps.at(end, lambda at: self._answer_mail(ticket_id, desk, at))

    def _answer_mail(self, ticket_id: int, desk: Desk, at: datetime) -> None:
        if not self._is_mine(ticket_id, desk):
            return
        arrival = self._matters.get(ticket_id)
        if arrival is None:
            self._finish(ticket_id, desk, at)
            return
        greeting = load_texts(arrival.language).greetings[0]
        signature = f"{self._first_name(desk)}\n{arrival.account.facts['name']}"
        text = f"{greeting}\n\n{arrival.fill(arrival.topic.reply)}\n\n{signature}"
        message_id = self._reply(ticket_id, desk, channel="email", text=text, number=0, at=at)
        self._look_at(ticket_id, desk, at, active=False)
        self._finish(ticket_id, desk, at)
        if self._chance.random() < 0.05:
            self.steps.at(at + self._seconds(3, 30), lambda at: self._mail_program_answers(arrival, message_id, at))

    def _mail_program_answers(self, arrival: Arrival, message_id: int, at: datetime) -> None:
        answers = Message.objects.values_list("external_id", flat=True).get(pk=message_id)
        raw = build_out_of_office(arrival, answers=answers)
        self._doors[arrival.account.slug].receive_mail(raw=raw, at=at)
        self.counts["automatic_replies"] += 1

    # --- what an operator does with a ticket -----------------------------------------------------

    def _is_mine(self, ticket_id: int, desk: Desk) -> bool:
        return Assignment.objects.filter(
            ticket_id=ticket_id, operator=desk.operator, state=AssignmentState.ACTIVE
        ).exists()

    def _look_at(self, ticket_id: int, desk: Desk | None, at: datetime, *, active: bool) -> None:
        if desk is not None and self._is_mine(ticket_id, desk):
            routing.focus_ticket(ticket_id=ticket_id, operator_id=desk.operator.pk, active=active, at=at)

    def _reply(self, ticket_id: int, desk: Desk, *, channel: str, text: str, number: int, at: datetime) -> int:
        message = tickets.send_reply(
            ticket=Ticket.objects.get(pk=ticket_id),
            operator_id=desk.operator.pk,
            channel=channel,
            text=text,
            at=at,
            client_uuid=fixed_uuid("reply", self.seed, self.plan.day, ticket_id, number),
        )
        self.counts["replies"] += 1
        return message.pk

    def _finish(self, ticket_id: int, desk: Desk, at: datetime) -> None:
        finished_at = at + self._seconds(1, 4)
        _, done_at = desk.take_time(wanted=finished_at, seconds=self._chance.uniform(8, 28))
        # wrap-up is a click between two others: a call does not prolong it beyond its own clock
        done_at = min(done_at, finished_at + timedelta(seconds=40))
        self.steps.at(finished_at, lambda at: self._end_conversation(ticket_id, desk, at))
        self.steps.at(done_at, lambda at: self._wrap_up(ticket_id, desk, at))

    def _end_conversation(self, ticket_id: int, desk: Desk, at: datetime) -> None:
        try:
            routing.finish_conversation(ticket_id=ticket_id, operator_id=desk.operator.pk, at=at)
        except NotFound:
            self.counts["lost_assignments"] += 1

    def _wrap_up(self, ticket_id: int, desk: Desk, at: datetime) -> None:
        arrival = self._matters.get(ticket_id)
        status = "solved" if self._chance.random() < 0.86 else "pending"
        try:
            routing.wrap_up(
                ticket_id=ticket_id,
                operator_id=desk.operator.pk,
                at=at,
                disposition=arrival.topic.disposition if arrival else "answered",
                status=status,
            )
        except (NotFound, Conflict):
            self.counts["lost_assignments"] += 1
            return
        self.counts["wrapped_up"] += 1

    def _first_name(self, desk: Desk) -> str:
        return desk.operator.display_name.split()[0]
