"""Base of every model that holds client data: its default manager sees only the accounts in scope."""

from typing import TypeVar

from django.db import models

from contactcenter.tenancy.scope import current_scope

M = TypeVar("M", bound=models.Model)


class ScopedManager(models.Manager[M]):
    """Filters every query by the open account scope; raises ScopeMissing outside one."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the rows of the accounts in scope."""
        queryset = super().get_queryset()
        ids = current_scope().account_ids
        if ids is None:
            return queryset
        if len(ids) == 1:
            return queryset.filter(account_id=next(iter(ids)))
        return queryset.filter(account_id__in=ids)


class AccountScopedModel(models.Model):
    """Client data of one account.

    Forward relations between scoped rows are held together by composite foreign keys (account_id, id) in the
    database, so that a row can never point into another account.
    """

    account = models.ForeignKey("tenancy.Account", on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        abstract = True
