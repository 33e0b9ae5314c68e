# What was digested before the ids were noted stands under one of the keys that are configured now.

from django.db import migrations, models

import base.secret_keys


class Migration(migrations.Migration):
    dependencies = [("gateway", "0002_counts_outlive_their_key")]

    operations = [
        # Without a default in the database, so that no row is rewritten.
        migrations.AddField(
            model_name="secret",
            name="digest_key",
            field=models.CharField(
                default=base.secret_keys.possible_digest_keys, editable=False, max_length=200
            ),
        ),
        migrations.AlterField(
            model_name="secret",
            name="digest_key",
            field=models.CharField(
                default=base.secret_keys.digest_key_id, editable=False, max_length=200
            ),
        ),
    ]
