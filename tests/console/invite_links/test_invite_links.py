"""Invite links in the console: list, dialogs, page, and the block that ends them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import actions as people
from audit.models import Event
from invitations import actions
from invitations.models import Invitation, InviteLink
from mail.models import Message
from tests.console.invitations.test_invitations import text_of
from tests.factories import (
    AdministratorFactory,
    InvitationFactory,
    InviteLinkFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/console/invitations/links/"
NEW = f"{LIST}new/"
HTMX = {"HX-Request": "true"}
RESULTS = HTMX | {"HX-Target": "results"}
HOUR = timedelta(hours=1)


def address(link, operation=""):
    return f"{LIST}{link.public_id}/{operation}"


@pytest.fixture
def link(ada):
    return InviteLinkFactory(sender=ada, name="Harbour day")


@pytest.fixture
def chen(db):
    return AdministratorFactory(first_name="Chen", last_name="Wei")


# --- The list ---------------------------------------------------------------------------------


@pytest.fixture
def five(ada, chen):
    """One link in each state, each named for it."""
    now = timezone.now()
    found = {
        "open": InviteLinkFactory(sender=ada, name="Opal"),
        "off": InviteLinkFactory(sender=ada, name="Offa", is_on=False),
        "sender_gone": InviteLinkFactory(sender=chen, name="Gonzo"),
        "ended": InviteLinkFactory(sender=ada, name="Endor", expires_at=now - HOUR),
        "full": InviteLinkFactory(sender=ada, name="Fulda", quota=1, used=1),
    }
    people.block_user(user=chen, by=ada)
    return found


@pytest.mark.parametrize("state", ["open", "off", "sender_gone", "ended", "full"])
def test_each_tab_shows_its_own_state_only(console, five, state):
    text = text_of(console.get(LIST, {"state": state}))

    assert {name for name, link in five.items() if link.name in text} == {state}


def test_the_list_shows_all_and_counts_every_state(console, five):
    text = text_of(console.get(LIST))

    assert all(link.name in text for link in five.values())
    assert "All 5 Open 1 Off 1 Sender gone 1 Ended 1 Full 1" in text
    assert "1 of 1 place taken" in text
    assert "Sender can no longer invite: turn it on in your name." in text


def test_search_keeps_the_state_and_says_when_nothing_is_found(console, five):
    assert "Opal" in text_of(console.get(LIST, {"q": "OPA"}))
    assert "Opal" not in text_of(console.get(LIST, {"q": "opal", "state": "off"}))
    nothing = text_of(console.get(LIST, {"q": "zz<b>"}))
    assert "Nothing was found for “zz&lt;b&gt;” here." in nothing
    assert "Clear search and filters" in nothing


def test_a_filter_that_makes_no_sense_is_no_filter(console, five):
    response = console.get(LIST, {"q": "\0", "state": "moon", "sort": "?", "cursor": "!"})

    assert "Opal" in text_of(response)


def test_empty_lists_say_what_would_be_here(console, ada):
    assert "No invite link yet" in text_of(console.get(LIST))
    assert "No link in this state" in text_of(console.get(LIST, {"state": "full"}))


def test_sorting_by_name_and_people(console, ada):
    InviteLinkFactory(sender=ada, name="Alpha", used=1)
    InviteLinkFactory(sender=ada, name="Beta", used=7)

    by_name = text_of(console.get(LIST, {"sort": "name"}))
    by_people = text_of(console.get(LIST, {"sort": "-people"}))

    assert by_name.index("Alpha") < by_name.index("Beta")
    assert by_people.index("Beta") < by_people.index("Alpha")


def test_htmx_gets_the_results_alone_and_the_address_to_push(console, five):
    response = console.get(LIST, {"q": "Opal", "state": "open"}, headers=RESULTS)

    assert b"<html" not in response.content
    assert response["HX-Push-Url"] == "?q=Opal&state=open"


def test_the_list_costs_the_same_for_one_and_three(
    console, ada, django_assert_num_queries, django_assert_max_num_queries
):
    def add():
        link = InviteLinkFactory(sender=ada, roles=[RoleFactory()], package=PackageFactory())
        InvitationFactory(sender=ada, invite_link=link)

    add()
    console.get(LIST)
    with django_assert_max_num_queries(16) as one:
        console.get(LIST)
    add()
    add()

    with django_assert_num_queries(len(one)):
        text = text_of(console.get(LIST))
    assert text.count("1 letter not answered yet") == 3


def test_the_list_of_invitations_leads_here(console):
    assert f'href="{LIST}"' in console.get("/console/invitations/").content.decode()
    page = console.get(LIST).content.decode()
    sidebar = page.partition("</aside>")[0]
    assert 'href="/console/invitations/" aria-current="page"' in " ".join(sidebar.split())


# --- Create and edit --------------------------------------------------------------------------


def test_create_shows_the_form_as_page_and_as_dialog(console):
    page, dialog = console.get(NEW), console.get(NEW, headers=HTMX)

    assert page.status_code == dialog.status_code == 200
    assert b"<html" in page.content
    assert b"<html" not in dialog.content
    assert not InviteLink.objects.exists()


def test_create_takes_a_name_alone(console, ada):
    response = console.post(NEW, {"name": "Harbour day"}, follow=True)

    link = InviteLink.objects.get()
    assert response.redirect_chain == [(address(link), 302)]
    assert (link.quota, link.expires_at, link.mail_domains) == (None, None, [])
    assert link.sender == ada
    assert "The link Harbour day is on." in text_of(response)


def test_create_passes_everything_on(console):
    pilots, package = RoleFactory(name="Pilots"), PackageFactory()

    console.post(
        NEW,
        {
            "name": "Harbour day",
            "quota": "25",
            "expires_at": "2999-11-30T18:00",
            "mail_domains": "example.org, @Kelpworks.example\nmünchen.example;",
            "roles": [str(pilots.public_id)],
            "package": str(package.public_id),
        },
    )

    link = InviteLink.objects.get()
    assert (link.quota, link.expires_at.year) == (25, 2999)
    assert link.mail_domains == ["example.org", "kelpworks.example", "xn--mnchen-3ya.example"]
    assert list(link.roles.all()) == [pilots]
    assert link.package == package


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter a name."),
        ("name", "www.example.org", "A name cannot contain a link."),
        ("quota", "0", "greater than or equal to 1"),
        ("quota", "1000000", "Enter a number from 1 to 100,000, or leave it empty."),
        ("quota", "many", "Enter a whole number."),
        ("expires_at", "2020-01-01T00:00", "Choose a moment in the future."),
        ("expires_at", "9999-12-31T23:59", "Choose a moment before the year 9000."),
        ("mail_domains", "example.org not_a_domain", "not_a_domain is no mail domain."),
        ("package", "00000000-0000-4000-8000-000000000000", "Choose a package from the list."),
    ],
)
def test_create_refuses_each_field_with_its_sentence_and_keeps_the_rest(
    console, field, value, sentence
):
    posted = {"name": "Harbour day", "mail_domains": "example.org"}

    response = console.post(NEW, posted | {field: value})

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "example.org" in response.content.decode()
    assert not InviteLink.objects.exists()


def test_create_cannot_make_administrators(console, administrators_role):
    assert str(administrators_role.public_id) not in console.get(NEW).content.decode()
    posted = {"name": "x", "roles": [str(administrators_role.public_id)]}

    assert console.post(NEW, posted).status_code == 422
    assert not InviteLink.objects.exists()


def test_edit_shows_what_is_there_and_saves_it_unchanged(console, ada):
    link = InviteLinkFactory(
        sender=ada,
        quota=3,
        expires_at=timezone.now() + HOUR,
        mail_domains=["example.org", "xn--mnchen-3ya.example"],
        roles=[RoleFactory(name="Pilots")],
        package=PackageFactory(),
    )
    form = console.get(address(link, "edit/")).context["form"]
    assert "example.org, münchen.example" in str(form["mail_domains"])
    posted = {field.name: field.value() for field in form if field.value() is not None}
    posted["expires_at"] = f"{link.expires_at:%Y-%m-%dT%H:%M}"
    posted["mail_domains"] = "example.org, münchen.example"
    posted["package"] = str(link.package.public_id)

    response = console.post(address(link, "edit/"), posted)

    assert response["Location"] == address(link)
    assert not Event.objects.filter(action="invite_link.edited").exists()


def test_edit_refuses_fewer_places_than_people(console, ada):
    link = InviteLinkFactory(sender=ada, quota=5, used=3)

    response = console.post(address(link, "edit/"), {"name": "x", "quota": "2"})

    assert response.status_code == 422
    assert "3 people joined already: enter 3 or more." in text_of(response)


# --- The page ---------------------------------------------------------------------------------


def test_show_says_how_it_stands_and_what_it_gives(console, ada):
    product = ProductFactory(name="Freight")
    link = InviteLinkFactory(
        sender=ada,
        quota=25,
        used=3,
        mail_domains=["xn--mnchen-3ya.example"],
        roles=[RoleFactory(name="Pilots")],
        package=PackageFactory(name="Pilot access", products=[product]),
    )

    response = console.get(address(link))

    text = text_of(response)
    assert "Whoever has the link can leave an address" in text
    assert "3 of 25 places taken" in text
    assert '<progress max="25" value="3"' in " ".join(response.content.decode().split())
    for word in ["Developers", "Pilots", "Pilot access", "Freight", "@münchen.example"]:
        assert word in text
    assert "Nobody has used the link yet." in text


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("off", "Switched off: nobody can ask through it"),
        ("sender_gone", "Chen Wei can no longer invite, so the link does not work."),
        ("ended", "It has ended: nobody can ask through it."),
        ("full", "All places are taken: nobody else can join through it."),
    ],
)
def test_show_says_honestly_why_it_does_not_work(console, five, state, sentence):
    assert sentence in text_of(console.get(address(five[state])))


def test_show_lists_who_joined_and_who_has_not_answered(console, ada, link):
    sofia = UserFactory(first_name="Sofia", last_name="Brandt")
    now = timezone.now()
    InvitationFactory(sender=ada, invite_link=link, accepted_at=now, user=sofia)
    waiting = InvitationFactory(sender=ada, invite_link=link, first_name="Omar", last_name="C")
    InvitationFactory(sender=ada, invite_link=link, first_name="Reva", revoked_at=now)
    InvitationFactory(sender=ada, first_name="Elsewhere")

    response = console.get(address(link))

    text = text_of(response)
    assert "Sofia Brandt" in text
    assert reverse("console:developer-detail", args=[sofia.public_id]) in response.content.decode()
    assert "Omar C" in text
    assert (
        reverse("console:invitation-detail", args=[waiting.public_id]) in response.content.decode()
    )
    assert "1 joined, 1 not answered yet" in text
    assert "Reva" not in text
    assert "Elsewhere" not in text


def test_show_costs_the_same_for_one_and_three(
    console, ada, link, django_assert_num_queries, django_assert_max_num_queries
):
    def come():
        now = timezone.now()
        InvitationFactory(sender=ada, invite_link=link, accepted_at=now, user=UserFactory())
        InvitationFactory(sender=ada, invite_link=link)

    come()
    console.get(address(link))
    with django_assert_max_num_queries(22) as one:
        console.get(address(link))
    come()
    come()

    with django_assert_num_queries(len(one)):
        console.get(address(link))


def test_all_invitations_of_a_link_are_a_filter_of_the_list(console, ada, link):
    InvitationFactory(sender=ada, invite_link=link, first_name="Reva", revoked_at=timezone.now())
    InvitationFactory(sender=ada, first_name="Elsewhere")
    narrowed = f"/console/invitations/?state=all&link={link.public_id}"
    assert narrowed.replace("&", "&amp;") in console.get(address(link)).content.decode()

    response = console.get(narrowed)

    assert "Reva" in text_of(response)
    assert "Elsewhere" not in text_of(response)
    assert f"through {link.name}" in text_of(response)
    assert 'href="?state=all"' in response.content.decode()
    nothing = console.get(f"/console/invitations/?state=declined&link={link.public_id}")
    assert "Nobody in this state came through this link." in text_of(nothing)


def test_the_address_is_shown_after_asking_and_the_journal_says_who(console, ada, link):
    token = actions.token_of_link(link)
    assert token not in console.get(address(link)).content.decode()
    assert console.get(address(link, "reveal/")).status_code == 405

    response = console.post(address(link, "reveal/"))

    assert f"/join/{token}/" in response.content.decode()
    assert 'aria-label="The link as a QR code"' in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    event = Event.objects.get(action="invite_link.copied")
    assert event.actor_id == ada.public_id
    assert "Ada Lovelace looked up the invite link Harbour day" in text_of(
        console.get(address(link))
    )


@pytest.mark.parametrize("operation", ["", "edit/", "off/", "renew/", "delete/"])
def test_looking_changes_nothing(console, link, operation):
    events, before = Event.objects.count(), InviteLink.objects.values().get()

    for method in (console.get, console.head):
        assert method(address(link, operation)).status_code == 200

    assert InviteLink.objects.values().get() == before
    assert Event.objects.count() == events


def test_an_unknown_link_is_not_found(console):
    for operation in ("", "edit/", "off/", "renew/", "delete/"):
        assert console.get(f"{LIST}{uuid4()}/{operation}").status_code == 404
    for operation in ("on/", "reveal/"):
        assert console.post(f"{LIST}{uuid4()}/{operation}").status_code == 404


# --- On, off, new address, delete -------------------------------------------------------------


def test_turn_off_asks_with_its_effects_and_on_undoes_it(console, ada, chen):
    link = InviteLinkFactory(sender=chen, name="Harbour day")
    InvitationFactory(sender=chen, invite_link=link)

    question = text_of(console.get(address(link, "off/")))
    off = console.post(address(link, "off/"), follow=True)

    assert "Turn Harbour day off?" in question
    assert "1 invitation sent through it cannot be accepted meanwhile." in question
    assert "The link Harbour day is off. Turn it on to undo this." in text_of(off)
    assert "Turn on in your name" in text_of(off)

    on = console.post(address(link, "on/"), follow=True)

    assert "Letters through it go out in the name of Ada Lovelace." in text_of(on)
    link.refresh_from_db()
    assert (link.is_on, link.sender) == (True, ada)


def test_turning_leads_back_to_the_list_it_came_from_and_nowhere_else(console, link):
    there = f"{LIST}?state=open"
    back = console.post(address(link, "off/") + "?next=" + there.replace("?", "%3F"))
    foreign = console.post(address(link, "on/") + "?next=//evil.example/")

    assert back["Location"] == there
    assert foreign["Location"] == address(link)


def test_on_wants_a_post(console, link):
    assert console.get(address(link, "on/")).status_code == 405


def test_renew_says_what_stops_and_makes_a_new_address(console, link):
    before = actions.token_of_link(link)

    question = text_of(console.get(address(link, "renew/")))
    response = console.post(address(link, "renew/"), follow=True)

    assert "Whoever has the old address reads that there is a newer one." in question
    assert "invitation" not in question.partition("newer one.")[2].partition("Copy the new")[0]
    assert "has a new address. The old one has stopped working." in text_of(response)
    link.refresh_from_db()
    assert actions.token_of_link(link) != before


def test_delete_wants_the_name_and_says_what_goes_and_what_stays(console, ada):
    link = InviteLinkFactory(sender=ada, name="Harbour day", used=2)
    for _twice in range(2):
        InvitationFactory(sender=ada, invite_link=link)

    question = text_of(console.get(address(link, "delete/")))
    refused = console.post(address(link, "delete/"), {"typed": "Harbour"})
    done = console.post(address(link, "delete/"), {"typed": "Harbour day"}, follow=True)

    assert "2 invitations sent through it are revoked." in question
    assert "2 people who joined through it keep their accounts." in question
    assert refused.status_code == 422
    assert done.redirect_chain == [(LIST, 302)]
    assert "Harbour day was deleted. 2 invitations sent through it were revoked." in text_of(done)
    assert Invitation.objects.revoked().count() == 2


def test_delete_of_an_unused_link_says_no_more_than_that(console, link):
    done = console.post(address(link, "delete/"), {"typed": "Harbour day"}, follow=True)

    assert "The link Harbour day was deleted." in text_of(done)
    assert "revoked" not in text_of(done)


def test_developers_and_visitors_stay_outside(portal, client, link):
    for page in (LIST, NEW, address(link), address(link, "delete/")):
        assert portal.get(page).status_code == 403
        assert client.get(page).status_code == 302
    for operation in ("on/", "off/", "reveal/", "renew/"):
        assert portal.post(address(link, operation)).status_code == 403


# --- Elsewhere --------------------------------------------------------------------------------


def test_blocking_a_sender_lists_the_open_links_of_theirs(console, chen):
    InviteLinkFactory(sender=chen, name="Opal")
    InviteLinkFactory(sender=chen, name="Agate")
    InviteLinkFactory(sender=chen, name="Offa", is_on=False)

    for operation in ("block/", "delete/"):
        text = text_of(console.get(f"/console/developers/{chen.public_id}/{operation}"))
        assert (
            "2 invite links of theirs stop working until somebody else turns them on: Agate, Opal"
            in text
        )
        assert "Offa" not in text


def test_blocking_somebody_without_links_says_nothing_of_them(console, ben):
    text = text_of(console.get(f"/console/developers/{ben.public_id}/block/"))

    assert "invite link" not in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"is_on": False}, "The link it came through is switched off"),
        ({"quota": 1, "used": 1}, "All places of the link it came through are taken"),
    ],
)
def test_an_invitation_says_that_its_link_keeps_it_closed(console, ada, change, sentence):
    link = InviteLinkFactory(sender=ada, name="Harbour day", **change)
    invitation = InvitationFactory(sender=ada, invite_link=link)
    page = f"/console/invitations/{invitation.public_id}/"

    response = console.get(page)

    assert sentence in text_of(response)
    assert "Came through Harbour day" in text_of(response)
    assert "Show link" not in text_of(response)
    refused = console.post(f"{page}link/", follow=True)
    assert "This invitation can no longer be used." in text_of(refused)


def test_what_visitors_did_is_told_in_words(console, ben, link):
    actions.request_invitation(
        link=link, email="sofia@example.org", first_name="Sofia", last_name="Brandt"
    )
    actions.request_invitation(link=link, email=ben.email, first_name="B", last_name="O")

    text = text_of(console.get("/console/activity/"))

    assert "Sofia Brandt asked for an invitation through Harbour day" in text
    assert (
        "An invitation for Ben Okafor was asked for; a letter told them that they have an account"
        in text
    )
    assert Message.objects.count() == 2
