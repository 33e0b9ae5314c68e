from django.db import migrations

from catalog import seeds


def plant(apps, schema_editor):
    seeds.plant(
        apps.get_model("catalog", "Api"),
        apps.get_model("catalog", "Product"),
        apps.get_model("accounts", "Role"),
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial"), ("accounts", "0003_search_index")]
    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
