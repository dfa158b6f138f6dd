"""Client accounts, the people who log in, and who may see which account."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower, Now

from contactcenter.tenancy.scoped import AccountScopedModel


class Language(models.TextChoices):
    """Languages of the screens."""

    ENGLISH = "en", "English"
    RUSSIAN = "ru", "Русский"
    SPANISH = "es", "Español"


class ServiceLevelFormula(models.TextChoices):
    """What an abandoned contact means for the service level (dashboards/metrics.py computes it)."""

    ABANDONS_WITHIN_MET = "abandons_within_met", "Early abandons count as met"
    ANSWERED_ONLY = "answered_only", "Answered only"
    STRICT = "strict", "Strict"
    SHORT_ABANDONS_DROPPED = "short_abandons_dropped", "Early abandons left out"


SERVICE_LEVEL_SECONDS = (5, 10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 300, 600)
"""The thresholds a service level may have: waits are counted by these bounds, so that any may be chosen afterwards."""


class Account(models.Model):
    """A client business in whose name operators answer."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    brand_color = models.CharField(max_length=7, default="#3350C4")
    time_zone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ENGLISH)
    currency = models.CharField(max_length=3, default="EUR")
    ticket_prefix = models.CharField(max_length=6, default="T")
    legal_name = models.CharField(max_length=200, blank=True)
    legal_address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    billing_email = models.EmailField(blank=True)
    # the client's consent to bridging a language nobody speaks: by machine, or by an interpreter whose fee it pays
    allows_machine_translation = models.BooleanField(default=False)
    allows_interpreter = models.BooleanField(default=False)
    service_level_formula = models.CharField(
        max_length=24, choices=ServiceLevelFormula.choices, default=ServiceLevelFormula.ABANDONS_WITHIN_MET
    )
    service_level_seconds = models.PositiveSmallIntegerField(
        choices=[(seconds, f"{seconds} s") for seconds in SERVICE_LEVEL_SECONDS], default=20
    )
    service_level_percent = models.PositiveSmallIntegerField(default=80)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(service_level_formula__in=ServiceLevelFormula.values),
                name="account_service_level_formula_known",
            ),
            models.CheckConstraint(
                condition=models.Q(service_level_seconds__in=SERVICE_LEVEL_SECONDS),
                name="account_service_level_seconds_known",
            ),
            models.CheckConstraint(
                condition=models.Q(service_level_percent__range=(1, 100)), name="account_service_level_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FormerServiceLevel(models.Model):
    """What an account's service level was measured by on the days before `until_on`, back to the row before.

    What holds from the last row on stands on the account.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="former_service_levels")
    until_on = models.DateField()
    formula = models.CharField(max_length=24, choices=ServiceLevelFormula.choices)
    seconds = models.PositiveSmallIntegerField()
    percent = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "until_on"], name="former_service_level_once"),
            models.CheckConstraint(
                condition=models.Q(formula__in=ServiceLevelFormula.values), name="former_service_level_formula_known"
            ),
            models.CheckConstraint(
                condition=models.Q(seconds__in=SERVICE_LEVEL_SECONDS), name="former_service_level_seconds_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.formula} {self.seconds} s until {self.until_on}"


class Role(models.TextChoices):
    """What a person may do; one role a person."""

    OPERATOR = "operator", "Operator"
    SUPERVISOR = "supervisor", "Supervisor"
    BILLING_ADMIN = "billing_admin", "Billing admin"
    ADMIN = "admin", "Admin"
    CLIENT_VIEWER = "client_viewer", "Client viewer"
    CLIENT_ADMIN = "client_admin", "Client admin"


CLIENT_ROLES = frozenset({Role.CLIENT_VIEWER, Role.CLIENT_ADMIN})
EVERY_ACCOUNT_ROLES = frozenset({Role.SUPERVISOR, Role.BILLING_ADMIN, Role.ADMIN})
STAFF_ROLES = EVERY_ACCOUNT_ROLES | {Role.OPERATOR}


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved person; the address is kept in lower case."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return an admin who may use the back office."""
        return self.create_user(email, password, role=Role.ADMIN, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in by e-mail address."""

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role.choices)
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ENGLISH)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    known_account_ids: frozenset[int] | None = None
    """The memberships, where they were read together with the person a moment ago (sessions.py)."""

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_ci"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def sees_every_account(self) -> bool:
        """Whether the role reaches all accounts."""
        return self.role in EVERY_ACCOUNT_ROLES


class Membership(models.Model):
    """This person may see (client) or serve (operator) this account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.account_id}"


class ApiScope(models.TextChoices):
    """What an API key may do; a key has any of them."""

    TICKETS_READ = "tickets:read", "Read tickets and their timelines"
    TICKETS_WRITE = "tickets:write", "Open and change tickets, add notes"
    MESSAGES_READ = "messages:read", "Read messages and their files"
    MESSAGES_WRITE = "messages:write", "Send replies"
    CONTACTS_READ = "contacts:read", "Read contacts"
    CONTACTS_WRITE = "contacts:write", "Add, change and merge contacts"
    CALLS_READ = "calls:read", "Read calls"
    USAGE_READ = "usage:read", "Read usage figures, without prices"


class ApiKey(AccountScopedModel):
    """A key by which a client's own software reaches this one account over the API.

    Only the sha256 of the token is kept; `prefix` is its public beginning, by which people tell keys apart.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=ApiScope.choices))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=ApiScope.values) & ~models.Q(scopes=[]),
                name="api_key_scopes_known",
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="api_key_newest")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class IdempotentRequest(AccountScopedModel):
    """A request that was answered under an Idempotency-Key; the same one again gets the same answer.

    Written in the transaction of what the request did, so there is neither an effect without its row nor the other
    way round. `answer` is JSON as text, for it keeps the order of its fields. Kept for a day.
    """

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotent_request_once")]
        indexes = [models.Index(fields=["at"], name="idempotent_request_age")]

    def __str__(self) -> str:
        return self.key


class Session(AbstractBaseSession):
    """A browser's session, and whose it is once somebody has logged in."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        pass  # not the abstract parent's names of Django's own table
