"""What developers edit themselves, while an administrator does."""

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.actions import edit_user
from audit.models import Event
from catalog.actions import rename_subscription
from tests.factories import SubscriptionFactory
from tests.html_forms import form_on

pytestmark = pytest.mark.django_db


def test_a_profile_left_alone_keeps_what_an_administrator_saved(portal, ben, nadia):
    opened = form_on(portal.get("/profile/"))
    edit_user(user=ben, last_name="Berg", language="de", by=nadia)

    answer = portal.post("/profile/", opened | {"time_zone": "Asia/Tokyo"})

    assert answer.status_code == 302
    ben.refresh_from_db()
    assert (ben.last_name, ben.language, ben.time_zone) == ("Berg", "de", "Asia/Tokyo")


def test_a_name_that_both_changed_is_asked_about(portal, ben, nadia):
    opened = form_on(portal.get("/profile/"))
    edit_user(user=ben, first_name="Ana", by=nadia)

    answer = portal.post("/profile/", opened | {"first_name": "Anna"})

    assert answer.status_code == 422
    at = date_format(timezone.localtime(Event.objects.latest("pk").at, ben.zone), "DATETIME_FORMAT")
    assert answer.context["form"].errors["first_name"] == [
        f"Nadia Holm changed this to “Ana” on {at}. You entered “Anna”. Save again to use your value."
    ]
    # An administrator's address is for administrators.
    assert nadia.email not in answer.content.decode()
    assert portal.post("/profile/", form_on(answer)).status_code == 302
    ben.refresh_from_db()
    assert ben.first_name == "Anna"


def test_a_subscription_that_was_renamed_meanwhile_is_asked_about(portal, ben, nadia):
    subscription = SubscriptionFactory(owner=ben, name="Shop")
    address = reverse("portal:subscription-rename", args=[subscription.public_id])
    opened = form_on(portal.get(address))
    rename_subscription(subscription=subscription, name="Web shop", by=nadia)

    assert portal.post(address, opened).status_code == 302
    refused = portal.post(address, opened | {"name": "Counter"})

    assert refused.status_code == 422
    assert "Nadia Holm changed this to “Web shop”" in refused.context["form"].errors["name"][0]
    assert portal.post(address, form_on(refused)).status_code == 302
    subscription.refresh_from_db()
    assert subscription.name == "Counter"
