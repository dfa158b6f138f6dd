"""Drop the indexes that repeat the beginning of another one, or that nothing is read by: every written row pays for each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0003_skills"),
        ("tenancy", "0007_service_level"),
        ("worktime", "0015_proven_clocks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="allocation",
            name="allocation_interaction",
        ),
        migrations.RemoveIndex(
            model_name="slice",
            name="slice_interaction",
        ),
        migrations.AlterField(
            model_name="allocation",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.account",
            ),
        ),
        migrations.AlterField(
            model_name="allocation",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="allocations",
                to="worktime.allocationrun",
            ),
        ),
        migrations.AlterField(
            model_name="allocation",
            name="slice",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="allocations",
                to="worktime.slice",
            ),
        ),
        migrations.AlterField(
            model_name="allocationrun",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="allocation_runs",
                to="worktime.session",
            ),
        ),
        migrations.AlterField(
            model_name="operatorevent",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.account",
            ),
        ),
        migrations.AlterField(
            model_name="operatorevent",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="operatorevent",
            name="operator",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="operators.operator",
            ),
        ),
        migrations.AlterField(
            model_name="operatorevent",
            name="source_key",
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name="session",
            name="operator",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="operators.operator",
            ),
        ),
        migrations.AlterField(
            model_name="slice",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.account",
            ),
        ),
        migrations.AlterField(
            model_name="slice",
            name="operator",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="operators.operator"
            ),
        ),
        migrations.AlterField(
            model_name="slice",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="slices",
                to="worktime.session",
            ),
        ),
        migrations.AlterField(
            model_name="underivedstretch",
            name="operator",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="operators.operator"
            ),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(
                condition=models.Q(("interaction_id__isnull", False)),
                fields=["interaction_id"],
                name="allocation_interaction",
            ),
        ),
        migrations.AddIndex(
            model_name="operatorevent",
            index=models.Index(
                condition=models.Q(("author__isnull", False)), fields=["author"], name="operator_event_author"
            ),
        ),
        migrations.AddIndex(
            model_name="slice",
            index=models.Index(
                condition=models.Q(("interaction_id__isnull", False)),
                fields=["interaction_id"],
                name="slice_interaction",
            ),
        ),
        migrations.AddConstraint(
            model_name="operatorevent",
            constraint=models.UniqueConstraint(fields=("source_key",), name="operator_event_once"),
        ),
    ]
