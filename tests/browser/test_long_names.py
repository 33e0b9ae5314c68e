"""Names and addresses of 60 characters, and many of everything: nothing pushes a page apart."""

from itertools import count

import pytest

from accounts.models import Role, RoleAssignment, User
from audit.models import Event
from catalog.models import Api, Product, Subscription
from gateway.models import Gateway
from invitations.models import Invitation, InviteLink
from packages.models import Package
from service.models import current_service
from tests.browser.test_pages import CONSOLE, DEAD, OPEN, PORTAL, scene  # noqa: F401

# One word: nothing in it invites a line break.
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewis"
BEN = "ben-" + "o" * 44 + "@example.org"
PHONE, NARROW_PHONE, LAPTOP = 390, 320, 1280
WIDTHS = [PHONE, NARROW_PHONE, LAPTOP]

WIDER = "document.scrollingElement.scrollWidth - innerWidth"
# The innermost element that reaches over the edge: what to mend.
FIRST_OVER = """[...document.querySelectorAll('body *')].filter(element =>
    element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1)
  .at(-1)?.outerHTML.replace(/\\s+/g, ' ').slice(0, 160)"""
LOGOS = """[...document.querySelectorAll('svg.logo')].filter(logo => logo.checkVisibility())
  .map(logo => logo.getBoundingClientRect().width)"""
# What an ellipsis cuts off is to be had whole: from the title of the element or of one around it.
CUT_OFF = """[...document.querySelectorAll('body *')].filter(element =>
    element.checkVisibility({ visibilityProperty: true })
    && getComputedStyle(element).textOverflow === 'ellipsis'
    && element.scrollWidth > element.clientWidth
    && !element.closest('[title]'))
  .map(element => element.outerHTML.replace(/\\s+/g, ' ').slice(0, 160))"""


def sixty(number: int) -> str:
    """Sixty characters, no two alike."""
    return f"{number:04}{LONG}"[:60]


@pytest.fixture
def crowded(scene, ada, ben):  # noqa: F811
    """The scene with long names all over, 40 roles, 200 products, 50 subscriptions of Ben's."""
    numbers = count()
    assert len(LONG) == len(BEN) == 60
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(
            first_name=LONG, last_name=LONG, email=f"{next(numbers):04}{BEN[4:]}"
        )
    User.objects.filter(pk=ben.pk).update(email=BEN)
    ada.refresh_from_db()
    ben.refresh_from_db()
    for model in [Api, Package, Gateway, Product, Role]:
        for thing in model.objects.all():
            name = sixty(next(numbers))
            if not getattr(thing, "built_in", None):
                model.objects.filter(pk=thing.pk).update(name=name, name_key=name.casefold())
    InviteLink.objects.update(name=LONG, sender_name=f"{LONG} {LONG}")
    for invitation in Invitation.objects.all():
        Invitation.objects.filter(pk=invitation.pk).update(
            first_name=LONG, email=f"{next(numbers):04}{BEN[4:]}", sender_name=f"{LONG} {LONG}"
        )
    service = current_service()
    service.name = LONG
    service.save()

    names = [sixty(next(numbers)) for _role in range(40)]
    roles = Role.objects.bulk_create(Role(name=name, name_key=name.casefold()) for name in names)
    RoleAssignment.objects.bulk_create(RoleAssignment(user=ben, role=role) for role in roles)
    names = [sixty(next(numbers)) for _product in range(200)]
    products = Product.objects.bulk_create(
        Product(name=name, name_key=name.casefold(), slug=f"p-{name[:4]}") for name in names
    )
    Subscription.objects.bulk_create(
        Subscription(owner=ben, product=product, name=product.name, state="active")
        for product in products[:50]
    )
    Subscription.objects.update(name=LONG)
    return scene


def faults(page, path, widths) -> list[str]:
    page.goto(path)
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        if (wider := page.evaluate(WIDER)) > 0:
            found.append(f"{path} at {width}: {wider} px too wide: {page.evaluate(FIRST_OVER)}")
        found += [f"{path} at {width}: logo {logo}" for logo in page.evaluate(LOGOS) if logo != 32]
        found += [f"{path} at {width}: no title: {cut}" for cut in page.evaluate(CUT_OFF)]
    return found


def addresses(paths, scene):  # noqa: F811
    return [path.format(**scene).replace("ben@example.org", BEN) for path in paths]


# In parts, for several processes.
@pytest.mark.parametrize("part", range(4))
def test_console(open_browser, ada, crowded, part):
    page = open_browser(ada)

    found = []
    for path in addresses(CONSOLE[part::4], crowded):
        found += faults(page, f"/console/{path}", WIDTHS)

    assert not found, "\n".join(found)


def test_portal(open_browser, ben, crowded):
    page = open_browser(ben)

    found = []
    for path in addresses(PORTAL, crowded):
        found += faults(page, f"/{path}", WIDTHS)

    assert not found, "\n".join(found)


def test_for_everybody(browser, live_server, crowded):
    # Unwatched: the pages that say no are errors in the console of a browser.
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    page = context.new_page()

    found = []
    for path in addresses([*OPEN, *DEAD], crowded):
        found += faults(page, f"/{path}", WIDTHS)

    assert not found, "\n".join(found)
    context.close()


# The widths on both sides of each step of the layout, and those of large screens.
STEPS = [320, 360, 390, 639, 640, 768, 1024, 1099, 1100, 1199, 1280, 1439, 1440, 1920, 2560]
INSIDE = """[...document.querySelectorAll('main table')].filter(table => {
    const panel = table.closest('.panel').getBoundingClientRect(), box = table.getBoundingClientRect();
    const scrolls = table.closest('.list-scroll');
    return box.right > panel.right + 1
      && !(scrolls && getComputedStyle(scrolls).overflowX === 'auto') }).length"""


@pytest.mark.parametrize("path", ["activity/", "developers/", "subscriptions/", "invitations/"])
def test_tables_hold_at_every_width(open_browser, ada, crowded, path):
    assert Event.objects.exists()
    page = open_browser(ada)

    found = faults(page, f"/console/{path}", STEPS)
    assert not found, "\n".join(found)
    for width in STEPS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(INSIDE) == 0, f"{path}: the table leaves its panel at {width}"


def test_activity_holds_at_twice_the_size(browser, live_server, open_browser, ada, crowded):
    """A zoom of 200 % halves the window and doubles the pixels."""
    cookies = open_browser(ada).context.cookies()
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 640, "height": 400}, device_scale_factor=2
    )
    context.add_cookies(cookies)
    page = context.new_page()

    found = faults(page, "/console/activity/", [640])
    assert not found, "\n".join(found)
    assert page.evaluate(INSIDE) == 0
    # Nothing of a row is hidden by the one beside it.
    assert (
        page.evaluate("""[...document.querySelectorAll('main tbody td')].filter(cell =>
        cell.checkVisibility() && cell.scrollWidth > cell.clientWidth + 1).length""")
        == 0
    )
    context.close()
