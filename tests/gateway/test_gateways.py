"""Operations on gateways, and the configuration that is rendered for them."""

from datetime import timedelta
from io import StringIO

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Event
from catalog.models import Api
from gateway.models import Gateway, Secret
from gateway.registry import actions
from gateway.registry.addresses import base_of
from gateway.registry.config import KINDS, PLACEHOLDER, UnknownGateway, aliases_of, render
from gateway.registry.secrets import digests_of
from tests.factories import ApiFactory, GatewayFactory
from tests.racing import overtake

pytestmark = pytest.mark.django_db


def test_a_registered_gateway_is_known_by_its_secret(ada):
    gateway, secret = actions.register_gateway(
        name=" Edge ", public_address="https://api.example.org/", by=ada
    )

    assert (gateway.name, gateway.public_address) == ("Edge", "https://api.example.org")
    kept = Secret.objects.get()
    assert kept.digest == digests_of(secret)[0]
    assert secret.startswith(kept.prefix)
    assert secret not in str(Event.objects.values_list()) + str(Secret.objects.values_list())


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("name", {"name": "EDGE"}),
        ("name", {"name": ""}),
        ("public_address", {"public_address": "api.example.org"}),
    ],
)
def test_bad_input_is_named(ada, field, facts):
    actions.register_gateway(name="Edge", by=ada)

    with pytest.raises(ValidationError) as refusal:
        actions.register_gateway(**({"name": "Other"} | facts), by=ada)

    assert list(refusal.value.message_dict) == [field]


def test_edit_is_quiet_when_nothing_differs(ada):
    gateway = GatewayFactory(name="Edge", public_address="")

    for _twice in range(2):
        actions.edit_gateway(
            gateway=gateway, name="Edge", public_address="http://edge.example", by=ada
        )

    assert Event.objects.get().data["changes"] == {"public_address": ["", "http://edge.example"]}


def test_rotation_overlaps_as_chosen(ada):
    gateway = GatewayFactory()

    first = actions.rotate_secret(gateway=gateway, overlap=timedelta(days=90), by=ada)
    old = gateway.secrets.exclude(ends_at=None).get()
    assert old.ends_at <= timezone.now() + timedelta(days=7)
    second = actions.rotate_secret(gateway=gateway, by=ada)

    assert {secret.digest for secret in gateway.secrets.live()} == {digests_of(second)[0]}
    assert first != second


def test_a_form_sent_twice_rotates_once(ada):
    gateway = GatewayFactory()
    prefix = gateway.secrets.get().prefix
    actions.rotate_secret(gateway=gateway, replaces=prefix, by=ada)

    with pytest.raises(actions.SecretAlreadyRotated):
        actions.rotate_secret(gateway=gateway, replaces=prefix, by=ada)


def test_an_earlier_secret_can_be_ended_before_its_time(ada):
    gateway = GatewayFactory()
    actions.rotate_secret(gateway=gateway, overlap=timedelta(days=1), by=ada)

    for _twice in range(2):
        actions.end_previous_secret(gateway=gateway, by=ada)

    assert gateway.secrets.live().get().ends_at is None
    assert Event.objects.filter(action="gateway.secret_ended").count() == 1


@pytest.mark.parametrize("name", ["zero\u200bwidth", "http://evil.example"])
def test_a_name_is_checked(ada, name):
    with pytest.raises(ValidationError) as refusal:
        actions.register_gateway(name=name, by=ada)

    assert list(refusal.value.message_dict) == ["name"]


@pytest.mark.django_db(transaction=True)
def test_a_name_taken_between_the_look_and_the_write_is_refused(ada):
    outcome = overtake(
        lambda: actions.register_gateway(name="Edge", by=ada),
        lambda: actions.register_gateway(name="EDGE", by=ada),
    )

    assert isinstance(outcome, actions.GatewayNameTaken)


def test_a_deleted_gateway_takes_its_secrets_along(ada):
    actions.delete_gateway(gateway=GatewayFactory(), by=ada)

    assert not Gateway.objects.exists()
    assert not Secret.objects.exists()
    assert Event.objects.get().action == "gateway.deleted"


def test_where_callers_reach_an_api():
    orders, echo = ApiFactory(path_prefix="/orders"), ApiFactory(path_prefix="/echo", back_end="")

    assert base_of(echo) == "http://127.0.0.1:8000/echo"
    assert base_of(orders) == ""
    GatewayFactory(public_address="")
    GatewayFactory(public_address="https://api.example.org")
    assert base_of(orders) == "https://api.example.org/orders"


@pytest.mark.parametrize("kind", KINDS)
def test_every_api_is_in_every_configuration(kind):
    ApiFactory(slug="orders", path_prefix="/orders", back_end="https://orders.example:8443/base")
    ApiFactory(slug="v6", path_prefix="/v6", back_end="http://[::1]:9000")
    ApiFactory(slug="echo", path_prefix="/echo", back_end="")

    text = render(kind, check_url="https://apis.example.org", listen=8123)

    for part in ["/orders", "/v6", "/echo", "orders.example", "8443", "8123", PLACEHOLDER]:
        assert part in text, part
    if kind in {"envoy", "traefik"}:
        assert yaml.safe_load(text)
    if kind == "traefik":
        check = yaml.safe_load(text)["http"]["middlewares"]["apim-check"]["forwardAuth"]
        assert check["address"] == "https://apis.example.org:443/gateway/authorize"
        assert check["authResponseHeaders"][0] == "X-User-Id"


@pytest.mark.parametrize("kind", ["envoy", "traefik"])
def test_no_api_takes_the_name_of_something_else(kind):
    for slug in ["check", "service", "clean", "strip", "decided", "check-path"]:
        ApiFactory(slug=slug, path_prefix=f"/{slug}", back_end=f"http://{slug}.example")

    document = yaml.load(render(kind), Loader=UniqueKeys)  # noqa: S506 - SafeLoader, only stricter

    if kind == "envoy":
        names = [cluster["name"] for cluster in document["static_resources"]["clusters"]]
        assert len(names) == len(set(names)) == 7


class UniqueKeys(yaml.SafeLoader):
    """Refuses a name that stands twice, of which others take the last."""

    def construct_mapping(self, node, deep=False):
        names = [key.value for key, _value in node.value]
        assert len(names) == len(set(names)), names
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize(
    "hostile", ["http://a/;return 200", "http://a\n}", "http://a{b}", "http://a`x", "http://a'b"]
)
def test_nothing_in_the_catalog_breaks_out_of_a_configuration(hostile):
    with pytest.raises(ValidationError):
        Api(name="x", slug="x", path_prefix="/x", back_end=hostile).full_clean()
    with pytest.raises(ValidationError):
        Api(name="x", slug="x", path_prefix=hostile[6:], back_end="http://a").full_clean()


def test_aliases_are_the_spellings_that_servers_confuse():
    assert aliases_of("X-Api") == ["X_Api", "X.Api"]
    assert {"X_User_Id", "X.User.Id", "X-User_Id", "X_User-Id", "X_User.Id"} < set(
        aliases_of("X-User-Id")
    )
    assert len(aliases_of("X-User-Id")) == 8


def test_the_command_puts_the_secret_of_the_environment_in(monkeypatch):
    monkeypatch.setenv("APIM_GATEWAY_SECRET", "apim_gateway_of_the_environment")
    output = StringIO()

    call_command("gateway_config", "nginx", "--listen", "9001", stdout=output)

    assert 'X-Gateway-Secret "apim_gateway_of_the_environment"' in output.getvalue()
    assert "listen 9001;" in output.getvalue()
    with pytest.raises(CommandError):
        call_command("gateway_config", "apache")
    with pytest.raises(UnknownGateway):
        render("apache")
