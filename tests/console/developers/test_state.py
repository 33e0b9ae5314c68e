"""Block, activate and delete one developer."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import actions
from accounts.models import User
from audit.models import Event
from mail.models import Message
from tests.conftest import sign_in
from tests.console.developers.page import text_of, url
from tests.factories import AdministratorFactory, InvitationFactory

pytestmark = pytest.mark.django_db


def test_block_lists_what_it_hits_in_numbers(console, ada, administrators_role):
    chen = AdministratorFactory(first_name="Chen", last_name="Wu")
    sign_in(chen)
    sign_in(chen)
    InvitationFactory(sender=chen)

    content = console.get(url(chen, "block/")).content.decode()

    assert "Block Chen Wu?" in content
    assert "2 open sessions" in content
    assert "1 pending invitation" in content
    assert "Nothing is deleted." in content


def test_block_then_undo(console, ada, ben):
    response = console.post(url(ben, "block/"), {"reason": "Left"}, follow=True)

    ben.refresh_from_db()
    assert ben.is_blocked
    assert ben.block_reason == "Left"
    assert "Ben Okafor is blocked." in text_of(response)
    assert f'action="{url(ben, "activate/")}"' in text_of(response)
    assert not Message.objects.exists()

    response = console.post(url(ben, "activate/"), follow=True)
    ben.refresh_from_db()
    assert ben.is_active
    assert text_of(response) == "Ben Okafor is active again."


def test_block_tells_them_only_when_asked_to(console, ben):
    console.post(url(ben, "block/"), {"tell": "on"})

    assert Message.objects.get().kind == "account_blocked"


def test_block_refuses_oneself_and_offers_no_button(console, ada):
    question = console.get(url(ada, "block/")).content.decode()
    refusal = console.post(url(ada, "block/"))

    assert "You cannot block yourself." in question
    assert "Block developer" not in question
    assert refusal.status_code == 422
    assert "You cannot block yourself." in refusal.content.decode()
    ada.refresh_from_db()
    assert ada.is_active


def test_block_of_a_dialog_answers_htmx_with_the_page_to_go_to(console, ben):
    here = "/console/developers/?q=ok"

    response = console.post(
        url(ben, f"block/?next={here.replace('?', '%3F')}"), headers={"HX-Request": "true"}
    )

    assert response["HX-Redirect"] == here


def test_refused_dialog_comes_back_as_a_dialog(console, ada):
    response = console.post(url(ada, "block/"), headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert "<html" not in response.content.decode()


def test_activate_from_the_list_goes_back_to_the_list(console, ben):
    actions.block_user(user=ben, by=None)

    response = console.post(url(ben, "activate/"), {"next": "/console/developers/?state=blocked"})

    assert response["Location"] == "/console/developers/?state=blocked"


def test_delete_needs_the_address_typed(console, ben):
    wrong = console.post(url(ben, "delete/"), {"email": "ada@example.org"})
    empty = console.post(url(ben, "delete/"))

    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert "This is not the address of this developer." in wrong.content.decode()
    assert User.objects.filter(pk=ben.pk).exists()


def test_delete_removes_the_person_and_keeps_the_journal(console, ben):
    response = console.post(url(ben, "delete/"), {"email": "Ben@example.org "}, follow=True)

    assert not User.objects.filter(pk=ben.pk).exists()
    assert Event.objects.filter(action="user.deleted", subject_id=ben.public_id).exists()
    assert response.redirect_chain == [("/console/developers/", 302)]
    assert text_of(response) == "Ben Okafor was deleted."


def test_delete_refuses_oneself(console, ada):
    response = console.post(url(ada, "delete/"), {"email": ada.email})

    assert response.status_code == 422
    assert "You cannot delete yourself." in response.content.decode()


def test_delete_asks_for_the_password_when_it_was_given_long_ago(console, ben):
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        response = console.post(url(ben, "delete/"), {"email": ben.email})

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/again/")
    assert User.objects.filter(pk=ben.pk).exists()


def test_activating_somebody_without_a_password_says_that_a_link_is_sent(console, ada):
    user = actions.add_user(email="s@example.org", first_name="S", last_name="B", by=ada)
    actions.block_user(user=user, by=ada)

    assert "gets an email with a new link" in console.get(url(user, "activate/")).content.decode()
    console.post(url(user, "activate/"))

    assert Message.objects.filter(kind="welcome", to=user.email).count() == 2
