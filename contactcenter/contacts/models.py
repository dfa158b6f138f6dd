"""End customers of an account and the addresses at which they are reached."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from contactcenter.tenancy.scoped import AccountScopedModel


class Contact(AccountScopedModel):
    """One end customer of one account."""

    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
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
