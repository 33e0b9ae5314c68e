"""Every page, light and dark: accessible, within the security policy, nothing wider than a phone."""

from datetime import timedelta
from functools import partial
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from accounts import actions
from accounts.models import Role
from catalog.seeds import ECHO_DOCUMENT
from imports.actions import choose_columns, start_import, upload_file
from invitations.actions import (
    correct_address,
    decline_invitation,
    renew_address,
    revoke_invitation,
    token_of,
    token_of_link,
    turn_off_link,
)
from mail.models import Message, Report, Wording
from tests.factories import (
    AdministratorFactory,
    ApiFactory,
    GatewayFactory,
    InvitationFactory,
    InviteLinkFactory,
    KeyFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)

AXE = Axe().axe_script
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


@pytest.fixture
def scene(ada, ben):
    """A service with something in every list."""
    AdministratorFactory(first_name="Chen", last_name="Wei")
    pilots = RoleFactory(name="Pilots", description="Tugs and pilot boats")
    people = [UserFactory(roles=[pilots]) for _person in range(3)]
    far_out = UserFactory(email="wilhelmina.featherstonehaugh@lighthouse-keepers.example.org")
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
        "missent": InvitationFactory(sender=ada),
    }
    # The row in hand goes on being that of the link that went to the wrong address.
    right = "the.right.one@example.org"
    correct_address(invitation=invitations["missent"], email=right, by=ada)
    letter = Message.objects.create(
        kind="invitation",
        to=invitations["open"].email,
        reference=invitations["open"].public_id,
        message_id="<one@example.org>",
        state=Message.State.FAILED,
        answer="550 5.1.1 no such mailbox here",
    )
    bounced = InvitationFactory(sender=ada, opened_at=timezone.now())
    came_back = Message.objects.create(
        kind="invitation",
        to=bounced.email,
        reference=bounced.public_id,
        message_id="<two@example.org>",
        state=Message.State.BOUNCED,
        sent_at=timezone.now(),
        answer="550 5.1.1 no such mailbox here",
    )
    for kind in ["deferred", "delivered", "opened", "bounced", "complained"]:
        Report.objects.create(
            message=came_back,
            provider="Postmark",
            event_id=kind,
            kind=kind,
            at=timezone.now(),
            answer="550 5.1.1 no such mailbox here",
        )
    wordings = [
        Wording.objects.create(
            kind="invitation",
            language="en",
            version=version,
            subject=f"Ahoy {version}",
            text="{{ link }}",
            html="<p>{{ gone }}</p>",
            author_label="Ada Lovelace <ada@example.org>",
        )
        for version in (1, 2)
    ]
    bring = partial(upload_file, file_name="people.csv", kind="invite", by=ada)
    file = b"Email,Name\nnew@kelpworks.example,New\nben@example.org,Ben\nnope,No\n"
    imports = {name: bring(file=BytesIO(file)) for name in ["mapping", "checked", "running"]}
    for name in ["checked", "running"]:
        choose_columns(import_=imports[name], mapping={"email": 0, "full_name": 1}, by=ada)
    start_import(import_=imports["running"], by=ada, validity=timedelta(days=7))
    echo = ApiFactory(
        name="Echo",
        slug="echo",
        path_prefix="/echo",
        back_end="",
        openapi=ECHO_DOCUMENT.read_text(encoding="utf-8"),
    )
    orders = ApiFactory(name="Orders", slug="orders", path_prefix="/orders/v2")
    product = ProductFactory(
        name="Freight", slug="freight", apis=[echo, orders], terms="Be kind.", subscription_limit=3
    )
    product.roles.add(Role.objects.get(built_in="guests"))
    key = KeyFactory(subscription__owner=ben, subscription__product=product)
    SubscriptionFactory(owner=ben, product=product, state="submitted")
    SubscriptionFactory(owner=people[0], product=product, state="suspended", comment="Unpaid")
    SubscriptionFactory(owner=far_out, product=product, state="suspended", comment="Unpaid")
    package = PackageFactory(
        name="Start",
        welcome="Hello",
        roles=[pilots],
        products=[product, ProductFactory(unpublished=True)],
    )
    invitations["with_package"] = InvitationFactory(sender=ada, package=package)
    subscription = f"console/subscriptions/{key.subscription.public_id}"
    return {
        "api": orders.public_id,
        "product": product.public_id,
        "package": package.public_id,
        "subscription": key.subscription.public_id,
        "key": f"{subscription}/keys/{key.public_id}".removeprefix("console/"),
        "own_key": f"subscriptions/{key.subscription.public_id}/keys/{key.public_id}",
        "gateway": GatewayFactory().public_id,
        "letter": letter.public_id,
        "ben": ben.public_id,
        "blocked": people[0].public_id,
        "role": pilots.public_id,
        **{f"import_{name}": import_.public_id for name, import_ in imports.items()},
        "invitation": invitations["open"].public_id,
        "wording": wordings[0].public_id,
        **shared_links(ada, pilots, product),
        "bounced": bounced.public_id,
    } | {f"token_{state}": token_of(invitation) for state, invitation in invitations.items()}


def shared_links(ada, pilots, product):
    """One open, with people who came through it, and one for each reason why none works."""
    over = {"ended": {"expires_at": timezone.now()}, "full": {"quota": 2, "used": 2}}
    links = {
        state: InviteLinkFactory(sender=ada, name=f"A link that is {state}", **over.get(state, {}))
        for state in ["off", "ended", "full"]
    }
    turn_off_link(link=links["off"], by=ada)
    package = PackageFactory(name="Pilot access", products=[product])
    link = InviteLinkFactory(
        sender=ada,
        name="Harbour day",
        quota=25,
        used=1,
        expires_at=timezone.now() + timedelta(days=3),
        mail_domains=["example.org", "xn--mnchen-3ya.example"],
        roles=[pilots],
        package=package,
    )
    joined = UserFactory()
    InvitationFactory(sender=ada, invite_link=link, accepted_at=timezone.now(), user=joined)
    InvitationFactory(sender=ada, invite_link=link)
    old = token_of_link(link)
    links["open"] = renew_address(link=link, by=ada)
    tokens = {f"join_{state}": token_of_link(link) for state, link in links.items()}
    return tokens | {"join_replaced": old, "link": link.public_id, "off": links["off"].public_id}


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
    "invitations/several/",
    "imports/",
    "imports/new/",
    "imports/{import_mapping}/columns/",
    "imports/{import_checked}/",
    "imports/{import_checked}/?state=problem",
    "imports/{import_checked}/?q=nobody",
    "imports/{import_checked}/rows/4/",
    "imports/{import_checked}/start/",
    "imports/{import_checked}/delete/",
    "imports/{import_running}/",
    "imports/{import_running}/stop/",
    "invitations/{invitation}/",
    "invitations/{invitation}/resend/",
    "invitations/{invitation}/revoke/",
    "invitations/?state=all&link={link}",
    "invitations/links/",
    "invitations/links/?state=sender_gone",
    "invitations/links/?q=nothing",
    "invitations/links/new/",
    "invitations/links/{link}/",
    "invitations/links/{link}/edit/",
    "invitations/links/{link}/off/",
    "invitations/links/{link}/renew/",
    "invitations/links/{link}/delete/",
    "invitations/links/{off}/",
    "invitations/{invitation}/address/",
    "invitations/{bounced}/",
    "invitations/{bounced}/address/",
    "mail/",
    "mail/?state=failed",
    "mail/?q=nobody",
    "mail/{letter}/",
    "roles/",
    "roles/new/",
    "roles/{role}/",
    "roles/{role}/edit/",
    "roles/{role}/delete/",
    "developers/{ben}/test/",
    "developers/{ben}/subscriptions/",
    "developers/{ben}/keys/",
    "developers/{blocked}/keys/",
    "apis/",
    "apis/?q=nothing",
    "apis/add/",
    "apis/{api}/",
    "apis/{api}/edit/",
    "apis/{api}/openapi/",
    "apis/{api}/delete/",
    "products/",
    "products/?state=unpublished",
    "products/add/",
    "products/{product}/",
    "products/{product}/edit/",
    "products/{product}/visibility/",
    "products/{product}/apis/",
    "products/{product}/unpublish/",
    "products/{product}/delete/",
    "packages/",
    "packages/add/",
    "packages/{package}/",
    "packages/{package}/edit/",
    "packages/{package}/delete/",
    "subscriptions/",
    "subscriptions/?q=nothing",
    "subscriptions/?state=submitted",
    "subscriptions/?state=expired",
    "subscriptions/add/",
    "subscriptions/{subscription}/",
    "subscriptions/{subscription}/suspend/",
    "subscriptions/{subscription}/end/",
    "subscriptions/{subscription}/keys/import/",
    "{key}/regenerate/",
    "{key}/expiry/",
    "access/",
    "access/?person=ben@example.org&api=orders",
    "access/?person=wilhelmina.featherstonehaugh@lighthouse-keepers.example.org&api=orders",
    "access/?person=ada@example.org&api=orders",
    "access/?person=ben@example.org&api=orders&key=nokey",
    "access/?reference=0000-0000-0000",
    "gateways/",
    "gateways/add/",
    "gateways/{gateway}/",
    "gateways/{gateway}/rotate/",
    "activity/",
    "activity/?q=nobody",
    "mail/letters/",
    "mail/letters/welcome/de/",
    "mail/letters/invitation/en/",
    "mail/letters/invitation/en/difference/",
    "mail/letters/invitation/en/versions/",
    "mail/letters/invitation/en/restore/",
    "mail/letters/versions/{wording}/",
    "mail/letters/versions/{wording}/restore/",
    "settings/",
    "settings/secrets/",
]
PORTAL = [
    *["", "profile/", "profile/password/", "help/", "sign-out/", "sign-in/again/"],
    "products/",
    "products/freight/",
    "apis/",
    "apis/echo/",
    "apis/orders/",
    "apis/echo/try/get-hello-name/",
    "apis/echo/try/post/",
    "subscriptions/",
    "subscriptions/{subscription}/rename/",
    "subscriptions/{subscription}/cancel/",
    "{own_key}/regenerate/",
]
OPEN = [
    "products/",
    "products/freight/",
    "apis/",
    "apis/echo/",
    "sign-in/",
    "password/reset/",
    "password/reset/sent/",
    "password/reset/done/",
    "help/",
    "invitations/{token_open}/",
    "invitations/{token_open}/decline/",
    "join/{join_open}/",
    "invitations/{token_with_package}/",
]
# Pages that are there to say that something is not: their own status is an error in the console.
DEAD = [
    "password/reset/key/00000000000000000000000000000000-gone/",
    "invitations/{token_expired}/",
    "invitations/{token_used}/",
    "invitations/{token_revoked}/",
    "invitations/{token_declined}/",
    "invitations/{token_missent}/",
    "invitations/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
    *["join/{join_off}/", "join/{join_ended}/", "join/{join_full}/", "join/{join_replaced}/"],
    "join/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",
    "no-such-page/",
    "theme/",
]


def faults_of(page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    # Of what is in order axe says only how much: writing it down was half of its work.
    violations = page.evaluate(
        "options => axe.run(options).then(results => results.violations)", OPTIONS
    )
    return [
        f"{fault['id']}: {node['html']} {node.get('failureSummary', '')}"
        for fault in violations
        for node in fault["nodes"]
    ]


def faults_in_both_themes(page) -> list[str]:
    """The page is loaded once: a theme is two attributes, and only colours hang on them."""
    put_on = (
        "theme => { const all = document.documentElement.dataset; all.theme = all.bsTheme = theme }"
    )
    faults = []
    for theme in ["dark", "light"]:
        page.evaluate(put_on, theme)
        faults += [f"{theme}: {fault}" for fault in faults_of(page)]
    return faults


def look_at(page, path):
    page.goto(path)
    assert faults_in_both_themes(page) == [], path
    # Reflow (WCAG 1.4.10): at 320 px nothing scrolls sideways.
    page.set_viewport_size({"width": 320, "height": 800})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0, f"{path} is wider than 320 px"
    page.set_viewport_size({"width": 1280, "height": 800})


# In parts, for several processes.
@pytest.mark.parametrize("part", range(4))
def test_console_pages(open_browser, ada, scene, part):
    page = open_browser(ada)

    for path in CONSOLE[part::4]:
        look_at(page, f"/console/{path.format(**scene)}")


def test_questions_about_many_subscriptions(open_browser, ada, scene):
    page = open_browser(ada)

    for action in ["reject", "suspend", "cancel"]:
        page.goto("/console/subscriptions/")
        page.locator("[data-select-all]").check()
        assert faults_in_both_themes(page) == [], action
        page.locator(f"#bulk button[value={action}]").click()
        page.wait_for_selector(".dialog-panel")
        assert faults_in_both_themes(page) == [], action
        page.set_viewport_size({"width": 320, "height": 800})
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, f"{action} is wider than 320 px"
        page.set_viewport_size({"width": 1280, "height": 800})


def test_portal_pages(open_browser, ben, scene):
    page = open_browser(ben)

    for path in PORTAL:
        look_at(page, f"/{path.format(**scene)}")


def test_open_pages(open_browser, scene):
    page = open_browser()

    for path in OPEN:
        look_at(page, f"/{path.format(**scene)}")


def test_wrong_session_page(open_browser, ben, scene):
    page = open_browser(ben)

    look_at(page, f"/invitations/{scene['token_open']}/")
    look_at(page, f"/join/{scene['join_open']}/")


def test_refused_forms(open_browser, ada, scene):
    page = open_browser(ada)

    for path in ["developers/add/", "invitations/new/", "invitations/links/new/", "roles/new/"]:
        page.goto(f"/console/{path}")
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_selector("[role=alert]")
        assert faults_in_both_themes(page) == [], path


def test_pages_that_say_no(browser, live_server, scene):
    # Unwatched: a 404 logs itself as an error.
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    context.add_cookies([{"name": "theme", "value": "light", "url": live_server.url}])
    page = context.new_page()
    for path in DEAD:
        look_at(page, f"/{path.format(**scene)}")
    context.close()
