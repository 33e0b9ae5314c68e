"""Demo data: a service with sixty people in it, so that a newcomer sees full pages at once.

Written as rows with a past, not through the actions, which only know the present. Exists under
``APIM_DEBUG=1`` only, and a production start with the demo administrator present is refused.
"""

import random
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from accounts.actions import create_role
from accounts.models import Role, RoleAssignment, User, search_text
from apim import demo_catalog, demo_links
from audit.models import Event
from base.tokens import new_nonce, token_digest
from invitations.actions import invite_user, resend_invitation, token_of
from invitations.models import Invitation
from mail.models import Message, Report
from packages.models import Package
from service.models import Service

ADMINISTRATOR = "admin@harbour.example"
DEVELOPER = "sofia.brandt@kelpworks.example"
PASSWORD = "harbour demo 2026"  # noqa: S105 - printed on purpose; refused in production

# fmt: off
FIRST_NAMES = [
    "Hana", "Omar", "Fatima", "Noah", "Aoife", "Samuel", "Ingrid", "Mateo", "Yuki", "Zofia",
    "Amara", "Luca", "Priya", "Elif", "Jonas", "Mei", "Tomás", "Leila", "Anders", "Chiara",
    "Kofi", "Nour", "Piotr", "Sanna", "Diego", "Ama", "Björn", "Rania", "Viktor", "Isla",
]
LAST_NAMES = [
    "Tanaka", "Clarke", "Byrne", "Kowalski", "Sharma", "Demir", "Okafor", "Larsen", "Costa",
    "Novak", "Haddad", "Lindqvist", "Moreau", "Silva", "Petrov", "Mbeki", "Janssen", "Rossi",
    "Nguyen", "Fischer",
]
# fmt: on
DOMAINS = [
    "quarry.example",
    "kelpworks.example",
    "atlasfreight.example",
    "solvi.example",
    "brightline.example",
]
ROLES = {
    "Partners": "Companies with a contract; see the partner products.",
    "Finance": "Tariffs and invoices.",
    "Sandbox": "Trying things out; no production data.",
}
PENDING = [
    ("sofie.lund@fjordline.example", "Sofie", "Lund"),
    ("arjun.mehta@portside.example", "Arjun", "Mehta"),
    ("clara.weiss@nordkai.example", "Clara", "Weiß"),
    ("ibrahim.sow@dakarport.example", "Ibrahim", "Sow"),
    ("maeve.doyle@tidewater.example", "Maeve", "Doyle"),
]
EXPIRED = [
    ("paolo.greco@genovalines.example", "Paolo", "Greco"),
    ("eva.horvat@adriacargo.example", "Eva", "Horvat"),
    ("sam.reed@harbourtest.example", "Sam", "Reed"),
]


def refuse_in_production() -> None:
    """Raise ImproperlyConfigured where a real service holds an administrator with a known password."""
    if not settings.DEBUG and User.objects.filter(email=ADMINISTRATOR).exists():
        raise ImproperlyConfigured(
            f"The demo administrator {ADMINISTRATOR} is in this database and its password is public. "
            "Start with a fresh database (APIM_DATABASE_URL)."
        )


def is_loaded() -> bool:
    """Whether the demo data is there."""
    return User.objects.filter(email=ADMINISTRATOR).exists()


@transaction.atomic
def load() -> None:
    """Write the demo data once; quiet when it is there."""
    if is_loaded():
        return
    chance = random.Random(7)  # noqa: S311 - the same people every time
    now = timezone.now()
    Service.objects.update_or_create(
        pk=1, defaults={"name": "Harbour APIs", "support_address": "help@harbour.example"}
    )
    nadia = _person("Nadia", "Holm", ADMINISTRATOR, registered_at=now - timedelta(days=90))
    nadia.last_seen_at = now - timedelta(minutes=4)
    nadia.save()
    _assign(nadia, Role.objects.administrators())
    roles = [create_role(name=name, description=text, by=nadia) for name, text in ROLES.items()]
    people = _people(chance, now)
    User.objects.bulk_create(people)
    _give_roles(chance, nadia, people, roles)
    told = demo_catalog.load(chance, nadia, people, now)
    _tell_the_past(chance, nadia, people, told)
    _invite(nadia, roles, demo_catalog.bundle(nadia), now)
    demo_links.load(nadia, people, roles, now)


def _person(first_name: str, last_name: str, email: str, *, registered_at: datetime) -> User:
    return User(
        email=email,
        first_name=first_name,
        last_name=last_name,
        registered_at=registered_at,
        password=_password_hash(),
        search=search_text(email, first_name, last_name),
    )


_hashes: list[str] = []


def _password_hash() -> str:
    """One hash for all: sixty would take six seconds."""
    if not _hashes:
        _hashes.append(make_password(PASSWORD))
    return _hashes[0]


def _people(chance: random.Random, now: datetime) -> list[User]:
    """Fifty-nine people who joined over twelve weeks, more of them lately."""
    people = [
        _person("Sofia", "Brandt", DEVELOPER, registered_at=now - timedelta(days=3)),
    ]
    names = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    for number, (first, last) in enumerate(chance.sample(names, 58)):
        address = f"{_plain(first)}.{_plain(last)}@{chance.choice(DOMAINS)}"
        days = 84 * chance.random() ** 1.6
        person = _person(first, last, address, registered_at=now - timedelta(days=days))
        if chance.random() < 0.85:
            person.last_seen_at = now - timedelta(days=days * chance.random() ** 3, minutes=5)
        if number % 7 == 3:
            person.state = User.State.BLOCKED
            person.blocked_at = now - timedelta(days=days * chance.random())
            person.block_reason = chance.choice(
                [
                    "Contract ended",
                    "Key found in a public repository",
                    "Asked for by their company",
                    "",
                ]
            )
        people.append(person)
    return people


def _plain(name: str) -> str:
    return name.lower().replace("á", "a").replace("ö", "o")


def _give_roles(chance: random.Random, nadia: User, people: list[User], roles: list[Role]) -> None:
    developers, administrators = Role.objects.developers(), Role.objects.administrators()
    pairs = [(person, developers) for person in [nadia, *people]]
    pairs += [(people[1], administrators), (people[2], administrators)]
    for person in people:
        pairs += [(person, role) for role in roles if chance.random() < 0.18]
    # Sofia sees a product with terms, and an API with a long document.
    pairs.append((people[0], next(role for role in roles if role.name == "Partners")))
    for user, role in dict.fromkeys(pairs):
        _assign(user, role)


def _assign(user: User, role: Role) -> None:
    RoleAssignment.objects.create(user=user, role=role, assigned_at=user.registered_at)


def _tell_the_past(
    chance: random.Random, nadia: User, people: list[User], told: list[Event]
) -> None:
    """A journal that agrees with the rows, oldest first; ``told`` is the catalog's part."""
    events = list(told)
    for person in people:
        events.append(
            _event("user.added", person.registered_at, nadia, person, roles=["Developers"])
        )
        if person.last_seen_at:
            events.append(_event("user.signed_in", person.last_seen_at, person, person))
        if person.blocked_at:
            events.append(
                _event(
                    "user.blocked",
                    person.blocked_at,
                    nadia,
                    person,
                    reason=person.block_reason,
                    sessions_ended=chance.randrange(3),
                )
            )
    Event.objects.bulk_create(sorted(events, key=lambda event: event.at))


def _event(action: str, at: datetime, by: User, subject: User, **data: object) -> Event:
    return Event(
        public_id=uuid4(),
        at=at,
        action=action,
        actor_id=by.public_id,
        actor_label=by.audit_label,
        subject_kind=subject.audit_kind,
        subject_id=subject.public_id,
        subject_label=subject.audit_label,
        address="192.0.2.17",
        data=data,
    )


def _invite(nadia: User, roles: list[Role], package: Package, now: datetime) -> None:
    """Pending ones with real letters in the inbox, one of them with a package, one sent twice, one
    refused, one that came back, one whose link was opened; some expired.
    """
    for number, (email, first, last) in enumerate(PENDING):
        invitation = invite_user(
            email=email,
            first_name=first,
            last_name=last,
            roles=roles[:1] if number % 2 else [],
            package=None if number else package,
            validity=timedelta(days=7),
            message="The sandbox is ready for you." if number == 0 else "",
            by=nadia,
        )
        if number == 1:
            resend_invitation(invitation=invitation, by=nadia)
        if number == 2:
            Message.objects.filter(reference=invitation.public_id).update(
                state=Message.State.FAILED,
                attempts=1,
                first_tried_at=now,
                answer="550 5.1.1 clara.weiss@nordkai.example: no such mailbox here",
            )
        if number == 3:
            _come_back(invitation)
        if number == 4:
            _deliver_and_open(invitation)
    for number, (email, first, last) in enumerate(EXPIRED):
        sent_at = now - timedelta(days=9 + 5 * number)
        invitation = Invitation(
            email=email,
            first_name=first,
            last_name=last,
            sender=nadia,
            sender_name=nadia.full_name,
            validity=timedelta(days=7),
            created_at=sent_at,
            sent_at=sent_at,
            expires_at=sent_at + timedelta(days=7),
            nonce=new_nonce(),
        )
        invitation.digest = token_digest(token_of(invitation))
        invitation.save()


def _come_back(invitation: Invitation) -> None:
    """As a provider would have reported it, if this machine had one."""
    words = "552 5.2.2 The email account that you tried to reach is over quota"
    letter = Message.objects.get(reference=invitation.public_id)
    at = letter.created_at
    Message.objects.filter(pk=letter.pk).update(
        state=Message.State.BOUNCED, attempts=1, sent_at=at, bounced_at=at, answer=words
    )
    _report(letter, "deferred", "452 4.2.2 Try again later")
    _report(letter, "bounced", words)


def _deliver_and_open(invitation: Invitation) -> None:
    letter = Message.objects.get(reference=invitation.public_id)
    at = letter.created_at
    Message.objects.filter(pk=letter.pk).update(
        state=Message.State.SENT,
        attempts=1,
        sent_at=at,
        delivered_at=at,
        opened_at=at,
        answer="250 2.0.0 queued as 4F2A1C0093",
    )
    _report(letter, "delivered", "250 2.0.0 OK")
    _report(letter, "opened", "")
    Invitation.objects.filter(pk=invitation.pk).update(opened_at=at)


def _report(letter: Message, kind: str, words: str) -> None:
    Report.objects.create(
        message=letter,
        provider="Demo",
        event_id=f"{kind} {letter.pk}",
        kind=kind,
        at=letter.created_at,
        answer=words,
    )
