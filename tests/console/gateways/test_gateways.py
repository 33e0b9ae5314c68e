"""The console's pages of gateways."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from gateway.models import Gateway
from gateway.registry.config import KINDS
from tests.factories import ApiFactory, GatewayFactory

pytestmark = pytest.mark.django_db


def secret_in(response):
    return response.content.decode().split('<code class="copy-text">')[1].split("<")[0]


def test_without_any_the_page_says_what_a_gateway_is_for(console):
    page = console.get("/console/gateways/").content.decode()

    assert "No gateway yet" in page
    assert "The Echo API works without one." in page


def test_registering_shows_the_secret_this_once(console):
    answer = console.post(
        "/console/gateways/add/", {"name": "Edge", "public_address": "https://api.example.org"}
    )

    secret = secret_in(answer)
    assert secret.startswith("apim_gateway_")
    assert "no-store" in answer["Cache-Control"]
    gateway = Gateway.objects.get()
    assert secret not in console.get(f"/console/gateways/{gateway.public_id}/").content.decode()
    assert secret not in str(dict(console.session))


def test_bad_input_keeps_what_was_typed(console):
    answer = console.post("/console/gateways/add/", {"name": "Edge", "public_address": "nowhere"})

    assert answer.status_code == 422
    assert 'value="nowhere"' in answer.content.decode()


def test_secrets_ask_for_the_password_after_a_while(console):
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        answer = console.get("/console/gateways/add/")

    assert answer["Location"].startswith("/sign-in/again/")


def test_edit_rotate_and_delete(console):
    gateway = GatewayFactory(name="Edge")
    page = f"/console/gateways/{gateway.public_id}/"

    console.post(f"{page}edit/", {"name": "Outer edge", "public_address": ""})
    facts = {"overlap": "24", "replaces": gateway.secrets.get().prefix}
    rotated = console.post(f"{page}rotate/", facts)
    again = console.post(f"{page}rotate/", facts)
    assert again.status_code == 422
    assert "was rotated meanwhile" in again.content.decode()
    assert "works until" in console.get(page).content.decode()
    assert secret_in(rotated) not in console.get(page).content.decode()
    console.post(f"{page}secret/end/")
    assert "works until" not in console.get(page).content.decode()
    assert console.post(f"{page}rotate/", {"overlap": "9"}).status_code == 422
    assert console.post(f"{page}edit/", {"name": ""}).status_code == 422
    assert console.post(f"{page}delete/", {"typed": "Edge"}).status_code == 422
    console.post(f"{page}delete/", {"typed": "Outer edge"})

    assert not Gateway.objects.exists()


@pytest.mark.parametrize("kind", ["nginx", "caddy", "envoy", "traefik"])
def test_configuration_is_a_file_with_a_placeholder(console, kind):
    ApiFactory(path_prefix="/orders")

    answer = console.get(f"/console/gateways/configuration/{kind}/")

    assert answer["Content-Disposition"] == f'attachment; filename="{KINDS[kind]}"'
    assert "PUT-THE-SECRET-OF-THIS-GATEWAY-HERE" in answer.content.decode()
    assert "/orders" in answer.content.decode()
    assert console.get("/console/gateways/configuration/apache/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_queries_for_any_number(
    console, number, django_assert_max_num_queries
):
    GatewayFactory.create_batch(number)

    with django_assert_max_num_queries(10):
        page = console.get("/console/gateways/").content.decode()

    assert page.count("apim_gateway_") == number
