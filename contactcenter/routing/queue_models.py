"""What a queue asks of operators and how it relaxes; what changed since the last matching.

Part of models.py, which is where to import from.
"""

from django.db import models
from django.db.models import Q


class QueueSkill(models.Model):
    """A skill a queue asks for. One that is not required may be dropped as a ticket waits."""

    queue = models.ForeignKey("routing.Queue", on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey("operators.Skill", on_delete=models.PROTECT, related_name="queues")
    level = models.PositiveSmallIntegerField(default=1)
    is_required = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "skill"], name="queue_skill_once"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="queue_skill_level"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.skill_id} {self.level}"


class QueueMember(models.Model):
    """An operator of a queue's own pool. A queue without members is served by everybody entitled to the account."""

    queue = models.ForeignKey("routing.Queue", on_delete=models.CASCADE, related_name="members")
    operator = models.ForeignKey("operators.Operator", on_delete=models.CASCADE, related_name="queues")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "operator"], name="queue_member_once")]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.operator_id}"


class RelaxationAction(models.TextChoices):
    """What waiting changes. Each widens the choice or offers the contact another way; none drops the entitlement."""

    LOWER_LEVEL = "lower_level", "Accept a lower language level"
    DROP_OPTIONAL = "drop_optional", "Drop optional skills"
    OVERFLOW = "overflow", "Ask other operators"
    MACHINE = "machine", "Machine translation of text"
    INTERPRETER = "interpreter", "Operator with interpreter"
    CALLBACK = "callback", "Offer a callback"
    VOICEMAIL = "voicemail", "Offer voicemail"


class RelaxationStep(models.Model):
    """What changes for a ticket that has waited `after_s` seconds in a queue.

    `level`: the language level that is enough then (LOWER_LEVEL). `overflow_queue`: whose pool is asked too (OVERFLOW;
    null: everybody entitled to the account).
    """

    queue = models.ForeignKey("routing.Queue", on_delete=models.CASCADE, related_name="relaxation")
    after_s = models.PositiveIntegerField()
    action = models.CharField(max_length=14, choices=RelaxationAction.choices)
    level = models.PositiveSmallIntegerField(null=True)
    overflow_queue = models.ForeignKey("routing.Queue", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(action__in=RelaxationAction.values), name="relaxation_action_known"),
            models.CheckConstraint(
                condition=(Q(action="lower_level") & Q(level__range=(1, 5)))
                | (~Q(action="lower_level") & Q(level__isnull=True)),
                name="relaxation_level_where_lowered",
            ),
        ]
        indexes = [models.Index(fields=["queue", "after_s"], name="relaxation_of_queue")]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.action} after {self.after_s} s"


class MatchMark(models.Model):
    """What changed since matching last ran: an operator, a ticket, or with neither the rules and profiles.

    Written in the transaction of the change, so that it is neither lost nor early; taken away by the run that looked.
    """

    operator_id = models.BigIntegerField(null=True)
    ticket_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"operator {self.operator_id} ticket {self.ticket_id}"


class MatcherState(models.Model):
    """One row: which state of rules and profiles matching has seen. Processes keep what they read under this name."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    profiles = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="matcher_state_one_row")]

    def __str__(self) -> str:
        return str(self.profiles)
