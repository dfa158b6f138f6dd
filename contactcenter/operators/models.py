"""Operators: who they are, which languages they speak, how much they can hold at once."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class Operator(models.Model):
    """A person who serves contacts of many accounts; the accounts are the user's memberships.

    A call, or a chat, may be offered beside mails that are interruptible; a call beside chats that are.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="operator")
    display_name = models.CharField(max_length=80)
    home_account = models.ForeignKey(
        "tenancy.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    max_voice = models.PositiveSmallIntegerField(default=1)
    max_chat = models.PositiveSmallIntegerField(default=4)
    max_mail = models.PositiveSmallIntegerField(default=6)
    mail_is_interruptible = models.BooleanField(default=True)
    chat_is_interruptible = models.BooleanField(default=False)
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


class Skill(models.Model):
    """Something an operator can do or is certified for, that a queue or an account may ask for."""

    name = models.CharField(max_length=80, unique=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class OperatorSkill(models.Model):
    """A skill of an operator, level 1 (basic) to 5 (expert); after `expires_on` it counts no more."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="operators")
    level = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1), MaxValueValidator(5)])
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "skill"], name="operator_skill_once"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="operator_skill_level"),
        ]

    def __str__(self) -> str:
        return f"{self.skill_id} {self.level}"


class AccountCertification(AccountScopedModel):
    """A skill that everybody who serves this account must have. No waiting time relaxes it."""

    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="certified_accounts")
    level = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(5)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "skill"], name="account_certification_once"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="account_certification_level"),
        ]

    def __str__(self) -> str:
        return f"account {self.account_id}: {self.skill_id} {self.level}"
