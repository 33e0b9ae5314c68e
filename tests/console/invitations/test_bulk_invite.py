"""Invite several: chips that say what each address is, good ones sent, the rest kept in the box."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from invitations.models import Invitation
from mail.models import Message
from packages.models import Package
from tests.console.invitations.test_invitations import text_of
from tests.factories import InvitationFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGE = "/console/invitations/several/"
CHECK = f"{PAGE}check/"
HTMX = {"HX-Request": "true", "HX-Target": "chips"}
SOFIA = "Sofia Brandt <sofia@kelpworks.example>"


def box_of(response):
    """What stands in the box."""
    found = re.search(r"<textarea[^>]*name=\"people\"[^>]*>(.*?)</textarea>", response.content.decode(), re.DOTALL)  # fmt: skip
    return found[1].strip().replace("&lt;", "<").replace("&gt;", ">") if found else None


@pytest.fixture
def known(ada, ben):
    UserFactory(email="hana@quarry.example", first_name="Hana", last_name="Tanaka", blocked=True)
    pending = InvitationFactory(sender=ada, email="omar@quarry.example")
    pending.sent_at = pending.sent_at.replace(year=2026, month=11, day=3)
    pending.save()
    hour = timezone.timedelta(hours=1)
    expired = InvitationFactory(
        sender=ada, email="late@quarry.example", expires_at=timezone.now() - hour
    )
    return {"ben": ben, "pending": pending, "expired": expired}


EVERYBODY = (
    f"{SOFIA}, ben@example.org; hana@quarry.example\n"
    "omar@quarry.example late@quarry.example\nnope\nSOFIA@kelpworks.example"
)


def test_a_longer_paste_than_the_box_takes_is_refused_whole(console):
    many = "\n".join(f"{'x' * 400}{number}@example.org" for number in range(300))

    response = console.post(PAGE, {"people": many})
    removed = console.post(CHECK, {"people": many, "remove": "0"}, headers=HTMX)

    assert response.status_code == 422
    assert "These are more than 500 addresses." in text_of(response)
    assert box_of(removed) is None or len(box_of(removed)) > 100_000
    assert "maxlength" not in console.get(PAGE).content.decode().split('name="people"')[1][:300]


def test_a_chips_number_that_is_none_removes_nothing(console):
    response = console.post(CHECK, {"people": SOFIA, "remove": "9" * 5000}, headers=HTMX)

    assert response.status_code == 200


def test_each_address_says_at_once_what_it_is(console, known):
    response = console.post(CHECK, {"people": EVERYBODY}, headers=HTMX)

    text = text_of(response)
    assert response.status_code == 200
    assert "1 new, 5 cannot be invited, 1 repetition left out" in text
    assert "Sofia Brandt sofia@kelpworks.example new" in text
    assert "ben@example.org already a developer · Open Ben Okafor" in text
    assert "hana@quarry.example blocked · Open Hana Tanaka" in text
    assert "omar@quarry.example already invited on 3 Nov 2026 · Resend" in text
    assert "link expired · Resend" in text
    assert "nope malformed: Enter a valid email address, such as name@example.org." in text
    assert f"/console/invitations/{known['expired'].public_id}/resend/" in response.content.decode()
    assert f"/console/developers/{known['ben'].public_id}/" in response.content.decode()
    assert 'aria-label="Remove nope"' in response.content.decode()
    assert "Send 1 invitation" in text
    assert b"<html" not in response.content
    assert box_of(response) is None


def test_checking_changes_nothing(console, known):
    before = Invitation.objects.count(), Event.objects.count(), Message.objects.count()

    console.post(CHECK, {"people": EVERYBODY})
    console.post(CHECK, {"people": EVERYBODY}, headers=HTMX)
    console.get(PAGE)

    assert (Invitation.objects.count(), Event.objects.count(), Message.objects.count()) == before
    assert console.get(CHECK).status_code == 405


def test_checking_works_without_script(console, known):
    response = console.post(CHECK, {"people": EVERYBODY, "message": "Welcome"})

    assert b"<html" in response.content
    assert "already a developer" in text_of(response)
    assert box_of(response).startswith(SOFIA)
    assert "Welcome" in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_chip_can_be_taken_out(console, headers):
    response = console.post(
        CHECK, {"people": f"a@b.example, {SOFIA}; nope", "remove": "0"}, headers=headers
    )

    assert box_of(response) == f"{SOFIA}\nnope"
    assert "a@b.example" not in text_of(response)


@pytest.mark.parametrize("remove", ["9", "-1", "x", ""])
def test_a_chip_that_is_not_there_takes_nothing_out(console, remove):
    response = console.post(CHECK, {"people": SOFIA, "remove": remove})

    assert box_of(response) == SOFIA


def test_statements_of_a_check_do_not_grow_with_the_list(console, django_assert_num_queries):
    few, many = "a@b.example", ", ".join(f"p{number}@b.example" for number in range(60))
    console.post(CHECK, {"people": few}, headers=HTMX)
    with CaptureQueriesContext(connection) as queries:
        console.post(CHECK, {"people": few}, headers=HTMX)
    with django_assert_num_queries(len(queries)):
        console.post(CHECK, {"people": many}, headers=HTMX)


def test_good_ones_go_and_the_rest_stays_with_its_reason(console, ada, known):
    response = console.post(PAGE, {"people": EVERYBODY})

    assert response.status_code == 422
    sofia = Invitation.objects.get(email="sofia@kelpworks.example")
    assert (sofia.full_name, sofia.sender) == ("Sofia Brandt", ada)
    text = text_of(response)
    assert (
        "1 invitation is on its way. 5 addresses stay in the box, with the reasons below." in text
    )
    assert box_of(response).split("\n") == [
        "ben@example.org",
        "hana@quarry.example",
        "omar@quarry.example",
        "late@quarry.example",
        "nope",
    ]
    assert "blocked" in text
    again = console.post(PAGE, {"people": box_of(response)})
    assert "None of these can be invited." in text_of(again)
    assert Invitation.objects.filter(email="sofia@kelpworks.example").count() == 1


def test_all_good_leads_back_to_the_list(console):
    pilots = RoleFactory(name="Pilots")
    package = Package.objects.create(name="Freight", name_key="freight")

    response = console.post(
        PAGE,
        {
            "people": f"{SOFIA}\nomar@quarry.example",
            "roles": [pilots.public_id],
            "package": package.public_id,
            "message": "Welcome aboard",
            "validity": "24",
            "language": "de",
        },
        follow=True,
    )

    assert response.redirect_chain == [("/console/invitations/", 302)]
    assert "2 invitations are on their way." in text_of(response)
    for invitation in Invitation.objects.all():
        assert list(invitation.roles.all()) == [pilots]
        assert (invitation.package, invitation.language) == (package, "de")
        assert (invitation.message, invitation.validity) == (
            "Welcome aboard",
            timezone.timedelta(days=1),
        )
    assert Message.objects.count() == 2


def test_mail_that_is_off_is_told_before_and_after(console, settings):
    settings.MAIL_IS_OFF = True

    assert "Mail does not leave now" in text_of(console.get(PAGE))
    assert "Make 1 invitation" in text_of(console.post(CHECK, {"people": SOFIA}))
    response = console.post(PAGE, {"people": SOFIA}, follow=True)
    assert "1 invitation is made; its letter waits." in text_of(response)
    assert Message.objects.get().state == Message.State.HELD


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"people": ""}, "Enter at least one address."),
        ({"people": "nope"}, "None of these can be invited."),
        ({"people": "\n".join(f"p{n}@b.example" for n in range(501))}, "more than 500 addresses"),
        ({"people": "a@b.example," * 2001}, "more than 500 addresses"),
        ({"message": "x" * 2001}, "at most 2000 characters"),
        ({"validity": "9999"}, "An invitation is valid for 1 hour to 90 days."),
        ({"package": "evil"}, "Choose a package from the list."),
    ],
)
def test_refused_lists_send_nothing_and_keep_what_was_typed(console, wrong, sentence):
    response = console.post(PAGE, {"people": SOFIA} | wrong)

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not Invitation.objects.exists()
    if "people" not in wrong:
        assert box_of(response) == SOFIA


def test_five_hundred_are_not_too_many(console):
    console.post(PAGE, {"people": "\n".join(f"p{n}@b.example" for n in range(500))})

    assert Invitation.objects.count() == 500


def test_names_in_the_list_are_never_markup(console):
    response = console.post(CHECK, {"people": '"<script>" <a@b.example>, <img src=x>'})

    assert b"<script>&" not in response.content
    assert b"<img src=x>" not in response.content


def test_the_page_is_offered_where_people_invite(console):
    for page in ["/console/invitations/", "/console/invitations/new/"]:
        assert PAGE in console.get(page).content.decode()


def test_developers_and_visitors_stay_outside(portal, client):
    for address in [PAGE, CHECK]:
        assert portal.post(address, {"people": SOFIA}).status_code == 403
        assert client.post(address, {"people": SOFIA}).status_code == 302
    assert not Invitation.objects.exists()
