"""docs/operating.md, "Rotating the server keys", followed to the letter with real servers."""

import re
import subprocess
import sys

import pytest
import requests
from django.conf import settings

from base.secret_keys import key_id
from catalog.models import Key
from gateway.models import Secret
from invitations.actions import invite_user, token_of
from tests.factories import PASSWORD, ApiFactory, GatewayFactory, KeyFactory, ProductFactory
from tests.invitations.test_actions import WEEK
from tests.servers import database_url, our_server

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "q2Zc9vXfKp0sLr7TgYw1nBdE5uHjM8aOiQ3xRzW6tVb4Gy+NeFkPlDmSoUhJC/IA"


class People:
    """A gateway, a developer's browser and somebody with an invitation, from one start to the next."""

    def __init__(self, tmp_path, ada, ben):
        api = ApiFactory(name="Orders", slug="orders", path_prefix="/orders")
        self.gateway = GatewayFactory()
        self.key = KeyFactory(
            subscription__owner=ben, subscription__product=ProductFactory(apis=[api])
        )
        self.invitation = invite_user(
            email="sofia@example.org", first_name="Sofia", last_name="", validity=WEEK, by=ada
        )
        self.token = token_of(self.invitation)
        self.email = ben.email
        self.log = tmp_path / "log"
        self.browser = requests.Session()
        self.browser.trust_env = False

    def sign_in(self, address):
        page = self.browser.get(f"{address}/sign-in/", timeout=10).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"email": self.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
        self.browser.post(f"{address}/sign-in/", form, timeout=30)

    def see(self, address):
        """What each of them is answered."""
        headers = {
            "X-Gateway-Secret": self.gateway.plaintext_secret,
            "X-Original-Method": "GET",
            "X-Original-URI": "/orders/7",
            "Ocp-Apim-Subscription-Key": self.key.plaintext,
        }
        check = requests.get(f"{address}/gateway/authorize", headers=headers, timeout=10)
        link = requests.get(f"{address}/invitations/{self.token}/", timeout=10)
        profile = self.browser.get(f"{address}/profile/", allow_redirects=False, timeout=10)
        return check.status_code, link.status_code, profile.status_code

    def start(self, **variables):
        application = "apim.wsgi:application"
        return our_server(self.log, application=application, workers=1, threads=4, **variables)


def manage(*arguments, **variables):
    environment = {"PATH": "", "APIM_DEBUG": "1", "APIM_DATABASE_URL": database_url(), **variables}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


ALL_WELL = (200, 200, 200)


def test_a_rotation_in_order_loses_nothing_in_use(tmp_path, ada, ben):
    people, old = People(tmp_path, ada, ben), settings.SECRET_KEY
    with people.start() as (address, _process):
        people.sign_in(address)
        assert people.see(address) == ALL_WELL

    # Step 2.
    with people.start(APIM_SECRET_KEY_FALLBACKS=NEW) as (address, _process):
        assert people.see(address) == ALL_WELL

    # Dropped at once instead of step 3 it would stop gateways and keys: every process refuses to.
    for module in ["apim.wsgi", "gateway.wsgi"]:
        refused = manage("-c", f"import {module}", APIM_SECRET_KEY=NEW)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert "1 gateway secret and 1 subscription key used in the last 90 days" in refused.stderr
        assert f"APIM_DROP_KEYS={key_id(old)}" in refused.stderr
    assert manage("manage.py", "migrate", APIM_SECRET_KEY=NEW).returncode == 0
    dropping = {"APIM_SECRET_KEY": NEW, "APIM_DROP_KEYS": key_id(old)}
    assert manage("-c", "import gateway.wsgi", **dropping).returncode == 0

    # Step 3.
    rotated = {"APIM_SECRET_KEY": NEW, "APIM_SECRET_KEY_FALLBACKS": old}
    before = manage("manage.py", "secrets", **rotated).stdout
    with people.start(**rotated) as (address, _process):
        assert people.see(address) == ALL_WELL
        assert people.see(address) == ALL_WELL

    # Step 4.
    after = manage("manage.py", "secrets", **rotated).stdout
    assert f"{key_id(old)} is still needed for stored secrets." in before
    assert f"{key_id(old)} is not needed for stored secrets any more." in after

    # Step 5: the invitation was not waited for.
    with people.start(APIM_SECRET_KEY=NEW) as (address, _process):
        check, link, _profile = people.see(address)
        assert (check, link) == (200, 410)
        people.sign_in(address)
        assert people.see(address) == (200, 410, 200)


def test_a_leaked_secret_key_signs_nobody_in_and_gateways_go_on(tmp_path, ada, ben):
    people, old = People(tmp_path, ada, ben), settings.SECRET_KEY
    with people.start() as (address, _process):
        people.sign_in(address)
        assert people.see(address) == ALL_WELL

    leaked = {"APIM_SECRET_KEY": NEW, "APIM_DIGEST_KEY_FALLBACKS": old}
    with people.start(**leaked) as (address, _process):
        assert people.see(address) == (200, 410, 302)

    with people.start(APIM_SECRET_KEY=NEW) as (address, _process):
        assert people.see(address) == (200, 410, 302)
    assert {row.digest_key for row in [*Key.objects.all(), *Secret.objects.all()]} == {key_id(NEW)}
