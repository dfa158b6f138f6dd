"""The rows of UnderivedStretch have taken its place."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worktime", "0006_underived_stretch")]

    operations = [migrations.DeleteModel(name="Timeline")]
