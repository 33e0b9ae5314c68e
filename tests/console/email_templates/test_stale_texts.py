"""Long texts and documents that two people changed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.actions import edit_user
from catalog import actions as catalog
from tests.factories import ApiFactory
from tests.html_forms import form_on

pytestmark = pytest.mark.django_db

DOCUMENT = "openapi: 3.0.3\ninfo: {title: %s, version: '1'}\npaths: {}\n"


def test_long_texts_are_compared_below_the_sentence(console, ben, nadia):
    address = reverse("console:developer-note", args=[ben.public_id])
    edit_user(user=ben, note="Pays by invoice.\nAsk Omar.", by=None)
    opened = form_on(console.get(address))
    edit_user(user=ben, note="Pays by invoice.\nAsk Sofia.", by=nadia)

    answer = console.post(address, opened | {"note": "Pays by card.\r\nAsk Omar."})

    [sentence] = answer.context["form"].errors["note"]
    assert sentence.startswith("Nadia Holm changed this text on ")
    assert sentence.endswith("Save again to replace it with yours.")
    page = answer.content.decode()
    assert '<span class="visually-hidden">[removed: </span>Sofia.<' in page
    assert '<span class="visually-hidden">[added: </span>Omar.<' in page
    assert console.post(address, form_on(answer)).status_code == 302
    ben.refresh_from_db()
    assert ben.note == "Pays by card.\r\nAsk Omar."


def test_ends_of_lines_are_no_change(console, ben, nadia):
    """Browsers post two characters for what programs write as one."""
    edit_user(user=ben, note="One.\nTwo." + "." * 600, by=None)
    address = reverse("console:developer-note", args=[ben.public_id])
    opened = form_on(console.get(address))
    edit_user(user=ben, note="Three.", by=nadia)

    assert "\r\n" in opened["note"][0]
    assert console.post(address, opened).status_code == 302
    ben.refresh_from_db()
    assert ben.note == "Three."


def test_a_document_left_alone_stays_as_a_colleague_saved_it(console, nadia):
    api = ApiFactory(openapi=DOCUMENT % "One")
    address = reverse("console:api-openapi", args=[api.public_id])
    opened = form_on(console.get(address))
    catalog.edit_api(api=api, openapi=DOCUMENT % "Two", by=nadia)

    assert console.post(address, opened).status_code == 302

    api.refresh_from_db()
    assert "Two" in api.openapi


@pytest.mark.parametrize("padding", [0, 50_000])
def test_a_document_that_both_changed_is_replaced_only_after_it_was_shown(console, nadia, padding):
    long = "#" + "x" * padding + "\n"
    api = ApiFactory(openapi=DOCUMENT % "One" + long)
    address = reverse("console:api-openapi", args=[api.public_id])
    opened = form_on(console.get(address))
    catalog.edit_api(api=api, openapi=DOCUMENT % "Two" + long, by=nadia)

    answer = console.post(address, opened | {"openapi": DOCUMENT % "Three" + long})

    assert answer.status_code == 422
    assert len(opened["seen"][0]) < 1000
    page = answer.content.decode()
    assert "Nadia Holm changed this text on " in page
    if padding:
        assert f'href="{address}" target="_blank"' in page
    else:
        assert "<del>" in page
    api.refresh_from_db()
    assert "Two" in api.openapi
    assert console.post(address, form_on(answer)).status_code == 302
    api.refresh_from_db()
    assert "Three" in api.openapi


def test_a_document_from_a_file_waits_in_the_box_after_a_conflict(console, nadia):
    api = ApiFactory(openapi=DOCUMENT % "One")
    address = reverse("console:api-openapi", args=[api.public_id])
    opened = form_on(console.get(address))
    catalog.edit_api(api=api, openapi=DOCUMENT % "Two", by=nadia)
    file = SimpleUploadedFile("orders.yaml", (DOCUMENT % "Three").encode())

    answer = console.post(address, opened | {"file": file})

    assert answer.status_code == 422
    assert console.post(address, form_on(answer)).status_code == 302
    api.refresh_from_db()
    assert "Three" in api.openapi
