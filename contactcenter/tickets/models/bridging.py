"""What bridged a language that nobody spoke: translations by machine, and interpreters with their fee."""

from django.db import models
from django.db.models import Q

from contactcenter.tenancy.scoped import AccountScopedModel


class TranslationState(models.TextChoices):
    """How far a translation came; a failed one leaves the original, with the reason."""

    ASKED = "asked", "Asked for"
    DONE = "done", "Translated"
    FAILED = "failed", "Not translated"


class Translation(AccountScopedModel):
    """A message in another language, beside its original, which stays as it is.

    `characters` are those of the original that the provider counts; `cost` is what it charges for them.
    """

    message = models.ForeignKey("tickets.Message", on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=8)
    source_language = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=10, choices=TranslationState.choices, default=TranslationState.ASKED)
    text = models.TextField(blank=True)
    provider = models.CharField(max_length=24, blank=True)
    characters = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    currency = models.CharField(max_length=3, blank=True)
    error = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "language"], name="translation_once"),
            models.CheckConstraint(condition=Q(state__in=TranslationState.values), name="translation_state_known"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state="asked"), name="translation_asked"),
            models.Index(fields=["account", "-asked_at"], name="translation_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} in {self.language}"


class ReplyTranslation(AccountScopedModel):
    """What an operator wrote in their own language, and how it reads in the contact's by machine.

    `written` stays as it was typed. `message` is the reply that left with it, null until then; its text may have been
    mended by hand. Characters and cost as in Translation, whether or not it was sent.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="reply_translations")
    operator = models.ForeignKey("operators.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    message = models.OneToOneField(
        "tickets.Message", null=True, on_delete=models.CASCADE, related_name="reply_translation"
    )
    language = models.CharField(max_length=8)
    written_language = models.CharField(max_length=8)
    written = models.TextField()
    text = models.TextField()
    provider = models.CharField(max_length=24)
    characters = models.PositiveIntegerField()
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    currency = models.CharField(max_length=3, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["ticket", "-made_at"], name="reply_translation_ticket"),
            models.Index(fields=["account", "-made_at"], name="reply_translation_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} in {self.language}"


class InterpreterUse(AccountScopedModel):
    """An interpreter who helped with one interaction: what billing passes on to the client.

    `provider` is who interprets ('' until somebody says). `seconds` are those the provider charges, every begun one
    (0 while it lasts); `fee` is its charge before tax, null until it is known.
    """

    interaction = models.ForeignKey("tickets.Interaction", on_delete=models.PROTECT, related_name="interpreters")
    provider = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=8)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(default=0)
    fee = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    reference = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("started_at")),
                name="interpreter_ends_after_start",
            ),
            models.UniqueConstraint(fields=["interaction"], condition=Q(ended_at=None), name="interpreter_one_open"),
            models.CheckConstraint(
                condition=Q(fee__isnull=True) | (Q(fee__gte=0) & ~Q(currency="")), name="interpreter_fee_has_currency"
            ),
        ]
        indexes = [models.Index(fields=["account", "-started_at"], name="interpreter_newest")]

    def __str__(self) -> str:
        return f"{self.provider} {self.language}"
