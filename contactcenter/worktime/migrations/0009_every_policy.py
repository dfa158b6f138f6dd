"""Let idle time be shared in proportion or lead to the next contact, and open time go by four policies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("worktime", "0008_one_default_idle_policy")]

    operations = [
        migrations.AlterField(
            model_name="idlepolicy",
            name="kind",
            field=models.CharField(
                choices=[
                    ("none", "Nobody's"),
                    ("home", "The home account's"),
                    ("percent", "Shared by percent"),
                    ("proportional", "Shared in proportion to the time handled in its hour"),
                    ("equal", "Shared equally"),
                    ("leads_to", "The next accepted contact's"),
                    ("dedicated", "All the dedicated account's"),
                ],
                default="none",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="idlepolicy",
            name="open_kind",
            field=models.CharField(
                choices=[
                    ("equal", "Shared equally among the open chats"),
                    ("weighted", "Shared by the accounts' weights"),
                    ("last_focused", "The chat's that had the focus last"),
                    ("as_idle", "As idle time"),
                ],
                default="equal",
                max_length=12,
            ),
        ),
    ]
