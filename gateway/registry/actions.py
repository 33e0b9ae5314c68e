"""Operations on registered gateways and their secrets."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.changes import change
from audit.journal import record
from base.authority import Permission, action
from base.locks import lock_free
from base.names import clean_title
from base.naming import NameTaken, save_unique
from base.secret_keys import digest_key_id
from gateway.models import MAX_SECRET_OVERLAP, Gateway, Secret
from gateway.registry.secrets import digests_of, new_secret, prefix_of


class GatewayNameTaken(NameTaken):
    def __init__(self, field: str = "name") -> None:
        super().__init__(
            _("A gateway with this name already exists."), code="gateway_name_taken", field=field
        )


class SecretAlreadyRotated(ValidationError):
    """The form was made for a secret that is not the present one any more."""

    def __init__(self) -> None:
        super().__init__(
            _("The secret was rotated meanwhile. Look at its dates, then rotate again if needed."),
            code="secret_already_rotated",
        )


@action(Permission.GATEWAYS_MANAGE)
def register_gateway(
    *, name: str, public_address: str = "", by: User | None
) -> tuple[Gateway, str]:
    """A gateway and its first secret in plain text, which exists only in this answer.

    Raises GatewayNameTaken or ValidationError by field.
    """
    gateway = Gateway(name=_name(name), public_address=_address(public_address))
    save_unique(gateway, taken=GatewayNameTaken)
    secret = _give_secret(gateway)
    record("gateway.registered", by=by, subject=gateway)
    return gateway, secret


@action(Permission.GATEWAYS_MANAGE)
def edit_gateway(
    *,
    gateway: Gateway,
    by: User | None,
    name: str | None = None,
    public_address: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Gateway:
    """Change what is given (None leaves a field alone); quiet when nothing differs.

    Raises EditConflict, GatewayNameTaken or ValidationError by field.
    """
    gateway = Gateway.objects.select_for_update().get(pk=gateway.pk)
    wanted = {
        "name": _name(name) if name is not None else None,
        "public_address": _address(public_address) if public_address is not None else None,
    }
    changes = change(gateway, wanted, seen=seen, by=by)
    if not changes:
        return gateway
    save_unique(gateway, taken=GatewayNameTaken)
    record("gateway.edited", by=by, subject=gateway, changes=changes)
    return gateway


@action(Permission.GATEWAYS_MANAGE)
def rotate_secret(
    *,
    gateway: Gateway,
    by: User | None,
    overlap: timedelta = timedelta(),
    replaces: str | None = None,
) -> str:
    """A new secret in plain text; the present one works on for ``overlap`` (0 to 7 days).

    One that was rotated before ends now: two work at most. ``replaces`` is the prefix of the secret
    the form was made for, so that a form sent twice rotates once (SecretAlreadyRotated).
    """
    gateway = Gateway.objects.select_for_update().get(pk=gateway.pk)
    now = timezone.now()
    present = gateway.secrets.get(ends_at=None)
    if replaces is not None and present.prefix != replaces:
        raise SecretAlreadyRotated
    gateway.secrets.live().exclude(pk=present.pk).update(ends_at=now)
    present.ends_at = now + min(max(overlap, timedelta()), MAX_SECRET_OVERLAP)
    present.save(update_fields=["ends_at"])
    secret = _give_secret(gateway)
    record("gateway.secret_rotated", by=by, subject=gateway, ends_at=present.ends_at.isoformat())
    return secret


@action(Permission.GATEWAYS_MANAGE)
def end_previous_secret(*, gateway: Gateway, by: User | None) -> None:
    """Let a rotated secret work no longer; quiet when there is none."""
    gateway = Gateway.objects.select_for_update().get(pk=gateway.pk)
    previous = gateway.secrets.live().exclude(ends_at=None)
    if previous.update(ends_at=timezone.now()):
        record("gateway.secret_ended", by=by, subject=gateway)


@action(Permission.GATEWAYS_MANAGE)
def delete_gateway(*, gateway: Gateway, by: User | None) -> None:
    """Forget a gateway: its secrets open nothing from the next call on."""
    gateway = Gateway.objects.select_for_update().get(pk=gateway.pk)
    record("gateway.deleted", by=by, subject=gateway)
    gateway.delete()


@action(without_actor="Calls that the gateway check let pass.")
def renew_secret_digests(digests: dict[int, str]) -> None:
    """As ``catalog.actions.renew_key_digests``, of gateway secrets."""
    for pk in lock_free(Secret.objects.filter(pk__in=digests)):
        Secret.objects.filter(pk=pk).update(digest=digests[pk], digest_key=digest_key_id())


def _give_secret(gateway: Gateway) -> str:
    secret = new_secret()
    Secret.objects.create(gateway=gateway, prefix=prefix_of(secret), digest=digests_of(secret)[0])
    return secret


def _name(name: str) -> str:
    try:
        return clean_title(name)
    except ValidationError as error:
        raise ValidationError({"name": error.error_list}) from None


def _address(address: str) -> str:
    return address.strip().rstrip("/")
