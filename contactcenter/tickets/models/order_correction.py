"""What a supervisor corrected of the orders that an operator counted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class OrderCorrection(AccountScopedModel):
    """The orders of an interaction are others than were counted so far: what was said before, what is so, why, by whom.

    The interaction says what is so now; its corrections, oldest first, lead from what the operator entered to that.
    Amounts in the account's currency, null where nobody said. A trigger (tickets_keep_order_correction) keeps them.
    """

    interaction = models.ForeignKey("tickets.Interaction", on_delete=models.PROTECT, related_name="order_corrections")
    orders_before = models.PositiveSmallIntegerField()
    amount_before = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    orders = models.PositiveSmallIntegerField()
    order_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="order_correction_has_reason"),
            models.CheckConstraint(
                condition=Q(order_amount__isnull=True) | Q(order_amount__gte=0, orders__gt=0),
                name="order_correction_amount_of_orders",
            ),
        ]
        indexes = [models.Index(fields=["interaction", "id"], name="order_correction_of")]

    def __str__(self) -> str:
        return f"{self.interaction_id}: {self.orders_before} > {self.orders}"
