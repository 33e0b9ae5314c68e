"""From the product to the first call, and to the refusal after a block."""

import re

import pytest
import requests

from accounts.actions import activate_user, block_user
from catalog.models import Key
from tests.conftest import sign_in
from tests.factories import ApiFactory, ProductFactory
from tests.servers import our_server

pytestmark = pytest.mark.django_db(transaction=True)


def call(address, key):
    session = requests.Session()
    session.trust_env = False
    headers = {"Ocp-Apim-Subscription-Key": key}
    return session.get(f"{address}/echo/hello", headers=headers, timeout=10)


def test_subscribe_call_regenerate_block_activate(tmp_path, ben, ada):
    product = ProductFactory(
        slug="starter", apis=[ApiFactory(slug="echo", path_prefix="/echo", back_end="")]
    )
    portal = sign_in(ben)
    page = portal.get(f"/products/{product.slug}/").content.decode()
    number = re.search(r'name="number" value="([^"]+)"', page)[1]
    answer = portal.post(
        f"/products/{product.slug}/subscribe/", {"number": number, "name": "First"}
    )
    shown = re.findall(r"apim_live_[0-9A-Za-z_]{50}", answer.content.decode())
    primary, secondary = dict.fromkeys(shown)

    with our_server(tmp_path / "log", application="apim.wsgi:application") as (address, _process):
        # One process serves the pages and the machines.
        assert requests.get(f"{address}/sign-in/", timeout=10).status_code == 200
        first = call(address, primary)
        assert first.json()["headers"]["X-User-Email"] == "ben@example.org"
        assert call(address, secondary).status_code == 200

        key = Key.objects.get(slot="primary")
        portal.post(
            f"/subscriptions/{key.subscription.public_id}/keys/{key.public_id}/regenerate/",
            {"overlap": "0"},
        )
        assert call(address, primary).status_code == 401
        assert call(address, secondary).status_code == 200

        block_user(user=ben, by=ada)
        assert call(address, secondary).status_code == 401
        assert portal.get("/subscriptions/").status_code == 302

        activate_user(user=ben, by=ada)
        assert call(address, secondary).status_code == 200
