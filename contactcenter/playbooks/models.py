"""How to answer for an account: its phrase, scripts, frequent questions and outcomes."""

from django.db import models

from contactcenter.tenancy.scoped import AccountScopedModel


class AnswerPhrase(AccountScopedModel):
    """The words with which a call or chat of the account is opened, per language."""

    language = models.CharField(max_length=8)
    text = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "language"], name="answer_phrase_once")]

    def __str__(self) -> str:
        return self.text


class Script(AccountScopedModel):
    """What to say for one reason of contact in one language; a change is a new version."""

    language = models.CharField(max_length=8)
    reason = models.CharField(max_length=80)
    title = models.CharField(max_length=160)
    body = models.TextField()
    version = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "language", "reason", "version"], name="script_version_once"),
            models.UniqueConstraint(
                fields=["account", "language", "reason"],
                condition=models.Q(is_current=True),
                name="script_current_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class FaqEntry(AccountScopedModel):
    """A frequent question of the account's customers with the answer to give."""

    language = models.CharField(max_length=8)
    question = models.CharField(max_length=300)
    answer = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["account", "language"], name="faq_language")]

    def __str__(self) -> str:
        return self.question


class Disposition(AccountScopedModel):
    """An outcome an operator chooses at wrap-up."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "code"], name="disposition_once")]

    def __str__(self) -> str:
        return self.name
