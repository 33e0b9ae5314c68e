"""A link in somebody's name does not become one in another person's email."""

import pytest

from catalog.actions import subscribe
from mail.letters import all_letters, is_person_name
from mail.models import Message
from mail.rendering import compose
from service.models import current_service
from tests.factories import InvitationFactory, ProductFactory, UserFactory

pytestmark = pytest.mark.django_db

LINK = "evil.example/now"
NAME = f"Verify at {LINK}"


def everything_in(email) -> str:
    html = "".join(content for content, _type in email.alternatives)
    return "\n".join([email.subject, email.body, html, *map(str, email.extra_headers.values())])


@pytest.mark.parametrize(
    "letter", [one for one in all_letters() if one.variables], ids=lambda letter: letter.kind
)
def test_no_letter_shows_a_link_in_a_persons_name(letter):
    facts = letter.sample_facts() | {"service": current_service()}
    facts |= {name: NAME for name in facts if is_person_name(name)}
    message = Message(kind=letter.kind, to="ada@example.org", language="en")

    email = compose(message, facts)

    assert "evil.example" not in everything_in(email)


def test_request_names_its_subscriber_without_the_link_of_an_older_row(ada, deliver):
    visitor = UserFactory(first_name="Verify at", last_name=LINK, email="v@example.org")
    subscribe(product=ProductFactory(name="Starter", approval_needed=True), by=visitor)

    (email,) = [one for one in deliver() if one.to == [ada.email]]

    assert email.subject == "Verify at … asks for Starter"
    assert "evil.example" not in everything_in(email)


def test_list_of_unused_invitations_has_no_link_in_a_name(ada):
    from invitations.letters import _listed

    invitation = InvitationFactory(sender=ada, first_name="Verify at", last_name=LINK)

    assert _listed([invitation]).startswith(f"Verify at … <{invitation.email}>")
