"""Django's cache table, so that `migrate` is the only command a set-up needs."""

from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            [
                "CREATE TABLE base_cache ("
                "cache_key varchar(255) NOT NULL PRIMARY KEY, "
                "value text NOT NULL, "
                "expires timestamp with time zone NOT NULL)",
                "CREATE INDEX base_cache_expires ON base_cache (expires)",
            ],
            "DROP TABLE base_cache",
        )
    ]
