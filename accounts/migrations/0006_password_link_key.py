# Links that are open now were made under one of the keys that are configured now.

from django.db import migrations, models

import base.secret_keys


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
    ]
