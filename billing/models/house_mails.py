"""A mail of the house to one person, as it was written: claimed by one worker, sent, or told why not."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class HouseMail(AccountScopedModel):
    """`sent_at` once the mail server took it, `error` what it said otherwise; `claimed_at` while a worker sends it."""

    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
