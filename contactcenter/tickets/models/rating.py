"""What contacts say of how they were served."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class Rating(AccountScopedModel):
    """A contact's verdict on one handled unit, from 1 (bad) to 5 (good); `at` is when it was first given."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="ratings")
    interaction = models.OneToOneField("tickets.Interaction", on_delete=models.PROTECT, related_name="rating")
    score = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(score__range=(1, 5)), name="rating_score_one_to_five"),
        ]
        indexes = [
            models.Index(fields=["ticket", "at"], name="rating_ticket"),
            models.Index(fields=["account", "-at", "-id"], name="rating_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.score} of 5"
