from django.db import migrations

from audit import triggers


def install(apps, schema_editor):
    # A database of an earlier release has only some of the triggers, a new one has all from 0002.
    triggers.remove(schema_editor.connection)
    triggers.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
