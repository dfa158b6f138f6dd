"""The reasons the console has offered until now; what an administrator has made already stays."""

from django.db import migrations

REASONS = [
    ("rest", {"en": "Short break", "ru": "Короткий перерыв", "es": "Pausa corta"}),
    ("meal", {"en": "Meal", "ru": "Обед", "es": "Comida"}),
    ("training", {"en": "Training", "ru": "Обучение", "es": "Formación"}),
    ("meeting", {"en": "Meeting", "ru": "Совещание", "es": "Reunión"}),
    ("technical", {"en": "Technical problem", "ru": "Технические неполадки", "es": "Problema técnico"}),
]


def _add(apps, schema_editor):
    reasons = apps.get_model("worktime", "BreakReason").objects
    for position, (reason, labels) in enumerate(REASONS, start=1):
        known = reasons.filter(reason__iexact=reason).first()
        if known is None:
            reasons.create(reason=reason, labels=labels, position=position)
        elif not known.labels:
            reasons.filter(pk=known.pk).update(labels=labels, position=position)


class Migration(migrations.Migration):
    dependencies = [("worktime", "0019_break_reason_labels")]

    operations = [migrations.RunPython(_add, migrations.RunPython.noop, elidable=False)]
