"""How two tickets of one account hang together."""

from django.conf import settings
from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class RelationKind(models.TextChoices):
    """What made the two one another's."""

    MERGE = "merge", "Merged"
    SPLIT = "split", "Split off"
    FOLLOW_UP = "follow_up", "Follow-up"


class TicketRelation(AccountScopedModel):
    """`other` was merged into `ticket`, split off from it, or opened as its follow-up.

    `moved` is {"app.Model": [ids]} of what a merge or split took along, so that exactly this can be moved back;
    `status` is the merged ticket's before it was closed.
    """

    kind = models.CharField(max_length=10, choices=RelationKind.choices)
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="relations")
    other = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="relations_to")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)
    status = models.CharField(max_length=10, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["other"],
                condition=models.Q(kind="merge", undone_at__isnull=True),
                name="ticket_merged_once",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=RelationKind.values), name="ticket_relation_kind_known"),
            models.CheckConstraint(condition=~models.Q(ticket=models.F("other")), name="ticket_relation_of_two"),
        ]
        indexes = [
            models.Index(fields=["ticket", "-id"], name="ticket_relation_from"),
            models.Index(fields=["other", "-id"], name="ticket_relation_to"),
        ]

    def __str__(self) -> str:
        return f"{self.other_id} {self.kind} {self.ticket_id}"
