"""Every page, light and dark: accessible, within the security policy, nothing wider than a phone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from accounts import actions
from invitations.actions import decline_invitation, revoke_invitation, token_of
from mail.models import Message
from tests.factories import AdministratorFactory, InvitationFactory, RoleFactory, UserFactory

OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


@pytest.fixture
def scene(ada, ben):
    """A service with something in every list."""
    AdministratorFactory(first_name="Chen", last_name="Wei")
    pilots = RoleFactory(name="Pilots", description="Tugs and pilot boats")
    people = [UserFactory(roles=[pilots]) for _person in range(3)]
    actions.block_user(user=people[0], reason="Contract ended", by=ada)
    actions.edit_user(user=ben, note="Prefers mail", by=ada)
    actions.send_password_link(user=ben, by=ada)
    ben.refresh_from_db()
    hour = timedelta(hours=1)
    invitations = {
        "open": InvitationFactory(sender=ada, message="Welcome aboard"),
        "expired": InvitationFactory(sender=ada, expires_at=timezone.now() - hour),
        "used": InvitationFactory(sender=ada, accepted_at=timezone.now()),
        "revoked": revoke_invitation(invitation=InvitationFactory(sender=ada), by=ada),
        "declined": decline_invitation(invitation=InvitationFactory(sender=ada)),
    }
    Message.objects.create(
        kind="invitation",
        to=invitations["open"].email,
        reference=invitations["open"].public_id,
        message_id="<one@example.org>",
        state=Message.State.FAILED,
        answer="550 5.1.1 no such mailbox here",
    )
    return {
        "ben": ben.public_id,
        "blocked": people[0].public_id,
        "role": pilots.public_id,
        "invitation": invitations["open"].public_id,
    } | {f"token_{state}": token_of(invitation) for state, invitation in invitations.items()}


CONSOLE = [
    "",
    "developers/",
    "developers/?q=nobody-is-called-this",
    "developers/?state=blocked",
    "developers/add/",
    "developers/{ben}/",
    "developers/{ben}/edit/",
    "developers/{ben}/block/",
    "developers/{ben}/delete/",
    "developers/{ben}/roles/",
    "developers/{ben}/note/",
    "developers/{ben}/password/",
    "developers/{blocked}/",
    "developers/{blocked}/activate/",
    "invitations/",
    "invitations/?state=all",
    "invitations/?state=declined&q=nobody",
    "invitations/new/",
    "invitations/{invitation}/",
    "invitations/{invitation}/resend/",
    "invitations/{invitation}/revoke/",
    "roles/",
    "roles/new/",
    "roles/{role}/",
    "roles/{role}/edit/",
    "roles/{role}/delete/",
    "activity/",
    "activity/?q=nobody",
    "settings/",
]
PORTAL = ["", "profile/", "profile/password/", "help/", "sign-out/", "sign-in/again/"]
OPEN = [
    "sign-in/",
    "password/reset/",
    "password/reset/sent/",
    "password/reset/done/",
    "help/",
    "invitations/{token_open}/",
    "invitations/{token_open}/decline/",
]
# Pages that are there to say that something is not: their own status is an error in the console.
DEAD = [
    "password/reset/key/00000000000000000000000000000000-gone/",
    "invitations/{token_expired}/",
    "invitations/{token_used}/",
    "invitations/{token_revoked}/",
    "invitations/{token_declined}/",
    "invitations/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
    "no-such-page/",
]


def faults_of(page) -> list[str]:
    violations = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{fault['id']}: {node['html']} {node.get('failureSummary', '')}"
        for fault in violations
        for node in fault["nodes"]
    ]


def look_at(page, path):
    page.goto(path)
    assert faults_of(page) == [], path
    # Reflow (WCAG 1.4.10): at 320 px nothing scrolls sideways.
    page.set_viewport_size({"width": 320, "height": 800})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0, f"{path} is wider than 320 px"
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_console_pages(open_browser, ada, scene, theme):
    page = open_browser(ada, theme=theme)

    for path in CONSOLE:
        look_at(page, f"/console/{path.format(**scene)}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_portal_pages(open_browser, ben, scene, theme):
    page = open_browser(ben, theme=theme)

    for path in PORTAL:
        look_at(page, f"/{path}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_open_pages(open_browser, scene, theme):
    page = open_browser(theme=theme)

    for path in OPEN:
        look_at(page, f"/{path.format(**scene)}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_wrong_session_page(open_browser, ben, scene, theme):
    look_at(open_browser(ben, theme=theme), f"/invitations/{scene['token_open']}/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_refused_forms(open_browser, ada, scene, theme):
    page = open_browser(ada, theme=theme)

    for path in ["developers/add/", "invitations/new/", "roles/new/"]:
        page.goto(f"/console/{path}")
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_selector("[role=alert]")
        assert faults_of(page) == [], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_that_say_no(browser, live_server, scene, theme):
    # Unwatched: a 404 logs itself as an error.
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
    page = context.new_page()
    for path in DEAD:
        look_at(page, f"/{path.format(**scene)}")
    context.close()
