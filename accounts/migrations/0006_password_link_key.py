# Links that are open now were made under one of the keys that are configured now.

from importlib import import_module

from django.db import migrations, models

import base.secret_keys

# SQLite makes the table anew for a column, and its triggers go with the old one.
restore_triggers = import_module("accounts.migrations.0004_user_language").restore_triggers


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_authority_epoch")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="password_link_key",
            field=models.CharField(
                blank=True,
                default=base.secret_keys.possible_signing_keys,
                editable=False,
                max_length=200,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(restore_triggers, migrations.RunPython.noop),
    ]
