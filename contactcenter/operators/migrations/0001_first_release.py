"""Operators: languages, skills, other names, certifications."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from contactcenter.kernel.migrations._create_models import CreateModels

TABLES = [
    migrations.CreateModel(
        name="Operator",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("display_name", models.CharField(max_length=80)),
            ("max_voice", models.PositiveSmallIntegerField(default=1)),
            ("max_chat", models.PositiveSmallIntegerField(default=4)),
            ("max_mail", models.PositiveSmallIntegerField(default=6)),
            ("is_active", models.BooleanField(default=True)),
            (
                "home_account",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tenancy.account",
                ),
            ),
            (
                "user",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="operator", to=settings.AUTH_USER_MODEL
                ),
            ),
            ("chat_is_interruptible", models.BooleanField(default=False)),
            ("mail_is_interruptible", models.BooleanField(default=True)),
        ],
    ),
    migrations.CreateModel(
        name="OperatorAlias",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=120, unique=True)),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="aliases", to="operators.operator"
                ),
            ),
        ],
    ),
    migrations.CreateModel(
        name="OperatorLanguage",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("language", models.CharField(max_length=8)),
            (
                "level",
                models.PositiveSmallIntegerField(
                    default=3,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(5),
                    ],
                ),
            ),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="languages", to="operators.operator"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("operator", "language"), name="operator_language_once"),
                models.CheckConstraint(condition=models.Q(("level__range", (1, 5))), name="operator_language_level"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Skill",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=80, unique=True)),
            ("is_active", models.BooleanField(default=True)),
        ],
    ),
    migrations.CreateModel(
        name="OperatorSkill",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "level",
                models.PositiveSmallIntegerField(
                    default=3,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(5),
                    ],
                ),
            ),
            ("expires_on", models.DateField(blank=True, null=True)),
            (
                "operator",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="skills", to="operators.operator"
                ),
            ),
            (
                "skill",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="operators", to="operators.skill"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("operator", "skill"), name="operator_skill_once"),
                models.CheckConstraint(condition=models.Q(("level__range", (1, 5))), name="operator_skill_level"),
            ],
        },
    ),
    migrations.CreateModel(
        name="AccountCertification",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "level",
                models.PositiveSmallIntegerField(
                    default=1,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(5),
                    ],
                ),
            ),
            (
                "account",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.account"),
            ),
            (
                "skill",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="certified_accounts", to="operators.skill"
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("account", "skill"), name="account_certification_once"),
                models.CheckConstraint(
                    condition=models.Q(("level__range", (1, 5))), name="account_certification_level"
                ),
            ],
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [("operators", "0001_initial"), ("operators", "0002_initial"), ("operators", "0003_skills")]

    initial = True

    dependencies = [
        ("tenancy", "0001_first_release"),
    ]

    operations = [
        CreateModels(TABLES),
    ]
