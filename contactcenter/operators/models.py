"""Operators: who they are, which languages they speak, how much they can hold at once."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Operator(models.Model):
    """A person who serves contacts of many accounts; the accounts are the user's memberships."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="operator")
    display_name = models.CharField(max_length=80)
    home_account = models.ForeignKey(
        "tenancy.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    max_voice = models.PositiveSmallIntegerField(default=1)
    max_chat = models.PositiveSmallIntegerField(default=4)
    max_mail = models.PositiveSmallIntegerField(default=6)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.display_name


class OperatorLanguage(models.Model):
    """A language an operator speaks, level 1 (basic) to 5 (native)."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="languages")
    language = models.CharField(max_length=8)
    level = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1), MaxValueValidator(5)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "language"], name="operator_language_once"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="operator_language_level"),
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.level}"


class OperatorAlias(models.Model):
    """A name by which a telephone system knows an operator, such as PJSIP/101 or a queue member's name."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.name
