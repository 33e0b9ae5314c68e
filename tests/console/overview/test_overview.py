"""The first page: figures, growth, what needs doing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as people
from accounts.models import User
from audit.models import Event
from invitations import actions
from mail.models import Message
from tests.console.invitations.test_invitations import text_of
from tests.factories import (
    AdministratorFactory,
    InvitationFactory,
    SubscriptionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

OVERVIEW = "/console/"


def tasks(response):
    return [task.text for task in response.context["tasks"]]


def test_a_first_visitor_is_shown_the_two_ways_to_begin(console):
    response = console.get(OVERVIEW)

    page = response.content.decode()
    assert "You are the only person here." in text_of(response)
    assert 'href="/console/developers/add/"' in page
    assert 'href="/console/invitations/new/"' in page


def test_figures_lead_to_their_lists(console, ada, ben):
    UserFactory(blocked=True)
    InvitationFactory(sender=ada)

    response = console.get(OVERVIEW)

    text, page = text_of(response), response.content.decode()
    assert "Active developers 2 Blocked developers 1 Pending invitations 1" in text
    assert 'href="/console/developers/?state=active"' in page
    assert 'href="/console/developers/?state=blocked"' in page
    assert 'href="/console/invitations/?state=pending"' in page


def test_the_chart_counts_the_last_twelve_weeks_and_has_its_table(console, ada):
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    for weeks in (0, 0, 3, 11, 12):
        UserFactory(
            registered_at=timezone.make_aware(
                timezone.datetime.combine(monday, timezone.datetime.min.time())
            )
            - timedelta(weeks=weeks)
        )

    response = console.get(OVERVIEW)

    values = [bar.value for bar in response.context["chart"].bars]
    # Ada is of this week; the one of twelve weeks ago is out of the picture.
    assert values == [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 3]
    assert 'role="img"' in response.content.decode()
    assert "Show as a table" in text_of(response)


def test_recent_activity_shows_ten_lines(console, ada, ben):
    for number in range(12):
        people.create_role(name=f"Role number {number}", by=ada)

    response = console.get(OVERVIEW)

    assert len(response.context["entries"]) == 10
    assert "Ada Lovelace created the role Role number 11" in text_of(response)


def test_nothing_to_do_says_so(console, ben):
    AdministratorFactory()

    response = console.get(OVERVIEW)

    assert tasks(response) == []
    assert "Nothing. Everybody who was invited has answered" in text_of(response)


def test_what_needs_doing_is_named_with_its_link(console, ada, ben):
    now = timezone.now()
    chen = AdministratorFactory()
    InvitationFactory(sender=ada, expires_at=now + timedelta(days=1))
    InvitationFactory(sender=ada, expires_at=now - timedelta(days=1))
    InvitationFactory(sender=chen)
    people.block_user(user=chen, by=ada)
    User.objects.filter(pk=ben.pk).update(must_change_password=True)

    response = console.get(OVERVIEW)

    assert tasks(response) == [
        "1 invitation does not work any more: its sender can no longer invite",
        "1 invitation ends within 2 days",
        "1 invitation expired without an answer",
        "Only one administrator is left. A second one can help when the first cannot sign in.",
        "1 person has not yet chosen a password of their own",
    ]
    page = response.content.decode()
    for task in response.context["tasks"]:
        assert task.url.replace("&", "&amp;") in page
        assert console.get(task.url).status_code == 200
    assert f'href="/console/developers/{ben.public_id}/"' in page


def test_failed_mail_is_shown_in_the_servers_words(console, ada, ben):
    invitation = actions.invite_user(
        email="clara@nordkai.example",
        first_name="Clara",
        last_name="Weiß",
        by=ada,
        validity=timedelta(days=7),
    )
    Message.objects.update(state="failed", answer="550 5.1.1 no such mailbox")

    response = console.get(OVERVIEW)

    assert "1 letter could not be delivered" in tasks(response)
    assert "The mail server refused it: 550 5.1.1 no such mailbox" in text_of(response)
    assert f'href="/console/invitations/{invitation.public_id}/"' in response.content.decode()


def test_a_letter_written_again_no_longer_counts_as_failed(console, ada, ben):
    invitation = actions.invite_user(
        email="clara@nordkai.example",
        first_name="Clara",
        last_name="Weiß",
        by=ada,
        validity=timedelta(days=7),
    )
    Message.objects.update(state="failed", answer="550 no")
    actions.resend_invitation(invitation=invitation, by=ada)

    response = console.get(OVERVIEW)

    assert not response.context["failed_letters"]
    assert str(response.context["counts"]["failed"]) == "0"


def test_requests_that_wait_are_something_to_do(console, ben):
    SubscriptionFactory(state="submitted")
    SubscriptionFactory()

    page = console.get(OVERVIEW).content.decode()

    assert "1 subscription request waits for approval" in page
    assert "/console/subscriptions/?state=submitted" in page


def test_a_letter_about_a_subscription_leads_to_it(console, ben):
    subscription = SubscriptionFactory(owner=ben)
    Message.objects.create(
        kind="subscription_approved",
        to=ben.email,
        reference=subscription.public_id,
        message_id="<two@example.org>",
        state=Message.State.FAILED,
    )

    page = console.get(OVERVIEW).content.decode()

    assert f"/console/subscriptions/{subscription.public_id}/" in page


def test_the_page_costs_the_same_for_few_and_many(
    console, ada, ben, django_assert_num_queries, django_assert_max_num_queries
):
    def add(number):
        actions.invite_user(
            email=f"guest{number}@example.org",
            first_name="Guest",
            last_name="G",
            by=ada,
            validity=timedelta(days=1),
        )
        Message.objects.update(state="failed", answer="550 no")
        people.create_role(name=f"Role {number}", by=ada)
        UserFactory(must_change_password=True)

    add(1)
    console.get(OVERVIEW)
    with django_assert_max_num_queries(22) as one:
        console.get(OVERVIEW)
    add(2)
    add(3)

    with django_assert_num_queries(len(one)):
        console.get(OVERVIEW)


def test_the_overview_is_for_administrators(portal, client):
    assert portal.get(OVERVIEW).status_code == 403
    assert client.get(OVERVIEW)["Location"].startswith("/sign-in/")
    assert not Event.objects.filter(action="activity.exported").exists()
