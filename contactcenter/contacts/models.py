"""End customers of an account and the addresses at which they are reached."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from contactcenter.tenancy.scoped import AccountScopedModel


class Contact(AccountScopedModel):
    """One end customer of one account. `merged_into`: another contact turned out to be the same person and stands for
    both; this row stays, so that the merge can be undone and old addresses lead on."""

    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    is_new: bool = False
    """Whether it was made a moment ago with the one point at hand (actions.find_or_create_contact)."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="contact_not_its_own",
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="contact_newest"),
            # icontains asks UPPER(column) LIKE UPPER(pattern)
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="contact_words"),
        ]

    def __str__(self) -> str:
        return self.name or f"contact {self.pk}"


class PointKind(models.TextChoices):
    """How a contact is reached."""

    PHONE = "phone", "Phone"
    EMAIL = "email", "E-mail"
    CHAT = "chat", "Web chat"
    SOCIAL = "social", "Social network"
    SMS = "sms", "SMS"


class ContactPoint(AccountScopedModel):
    """One address, number or handle of a contact; the value is normalised (E.164, lower case)."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="points")
    kind = models.CharField(max_length=10, choices=PointKind.choices)
    value = models.CharField(max_length=320)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind", "value"], name="contact_point_once")]
        indexes = [
            models.Index(fields=["contact"], name="contact_point_contact"),
            GinIndex(OpClass(Upper("value"), name="gin_trgm_ops"), name="contact_point_words"),
        ]

    def __str__(self) -> str:
        return self.value


class ContactMerge(AccountScopedModel):
    """One merge: what moved from `merged` to `kept`, so that exactly this can be moved back.

    `moved` is {"app.Model.field": [ids]}, `filled` {field of the kept contact: what it got}; `stayed`, after an undo,
    names in the same form what was changed since and therefore stays.
    """

    kept = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)
    filled = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    stayed = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=models.Q(undone_at__isnull=True), name="contact_merged_once"
            )
        ]
        indexes = [models.Index(fields=["kept", "-id"], name="contact_merge_kept")]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"


class PointConsent(AccountScopedModel):
    """What the holder of a number said about being written to by this account; the later word holds. Of a mail address:
    that its holder complained, and gets no automatic mail.

    Both instants are kept, so that the order in which words arrive does not matter. `word` is the last one, `source`
    who passed it on (the holder's own message, the provider, or a complaint).
    """

    kind = models.CharField(max_length=10, choices=PointKind.choices)
    value = models.CharField(max_length=320)
    opted_out_at = models.DateTimeField(null=True)
    opted_in_at = models.DateTimeField(null=True)
    word = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind", "value"], name="point_consent_once")]

    def __str__(self) -> str:
        return f"{self.value} {'out' if self.is_opted_out else 'in'}"

    @property
    def is_opted_out(self) -> bool:
        """Return whether the later word was no."""
        return self.opted_out_at is not None and (self.opted_in_at is None or self.opted_out_at > self.opted_in_at)
