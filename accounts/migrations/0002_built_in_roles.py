from django.db import migrations

from accounts import built_in_roles


def create(apps, schema_editor):
    built_in_roles.ensure(apps.get_model("accounts", "Role"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
