# The key of each link. Of several that are configured now the digest tells which it was.

from django.db import migrations, models

import base.secret_keys
from base.tokens import signing_key_of


def find_keys(apps, schema_editor):
    unanswered = {"accepted_at": None, "declined_at": None, "revoked_at": None}
    invitations = apps.get_model("invitations", "Invitation").objects.filter(**unanswered)
    _find(invitations, "invitation")
    _find(apps.get_model("invitations", "InviteLink").objects.all(), "invite_link")


def _find(rows, purpose):
    found = []
    for row in rows.iterator(chunk_size=2000):
        facts = {"row_id": row.public_id, "nonce": row.nonce, "digest": row.digest}
        key = signing_key_of(purpose=purpose, **facts) or base.secret_keys.UNKNOWN
        if key != row.signing_key:
            row.signing_key = key
            found.append(row)
    rows.bulk_update(found, ["signing_key"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("invitations", "0003_sender_epoch")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="signing_key",
            field=models.CharField(
                default=base.secret_keys.possible_signing_keys, editable=False, max_length=200
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="signing_key",
            field=models.CharField(
                default=base.secret_keys.signing_key_id, editable=False, max_length=200
            ),
        ),
        migrations.AddField(
            model_name="invitelink",
            name="signing_key",
            field=models.CharField(
                default=base.secret_keys.possible_signing_keys, editable=False, max_length=200
            ),
        ),
        migrations.AlterField(
            model_name="invitelink",
            name="signing_key",
            field=models.CharField(
                default=base.secret_keys.signing_key_id, editable=False, max_length=200
            ),
        ),
        migrations.RunPython(find_keys, migrations.RunPython.noop),
    ]
