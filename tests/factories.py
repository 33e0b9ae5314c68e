"""Rows for tests. People and invitations as they are after the fact, without letters or events."""

from datetime import timedelta
from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Role, RoleAssignment, User
from base.tokens import new_nonce, token_digest
from invitations.actions import token_of
from invitations.models import Invitation

PASSWORD = "correct horse battery"


@cache
def password_hash() -> str:
    """Hashed once per run: a hash costs 90 ms."""
    return make_password(PASSWORD)


class RoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Role

    name = factory.Sequence(lambda n: f"Role {n}")
    name_key = factory.LazyAttribute(lambda role: role.name.casefold())


class UserFactory(factory.django.DjangoModelFactory):
    """In Developers, plus ``roles``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    first_name = factory.Faker("first_name")
    last_name = factory.Faker("last_name")
    password = factory.LazyFunction(password_hash)

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        for role in {Role.objects.developers(), *(extracted or [])}:
            RoleAssignment.objects.create(user=self, role=role)

    class Params:
        blocked = factory.Trait(
            state=User.State.BLOCKED, blocked_at=factory.LazyFunction(timezone.now)
        )


class AdministratorFactory(UserFactory):
    @factory.post_generation
    def administrator(self, create, extracted, **kwargs):
        RoleAssignment.objects.create(user=self, role=Role.objects.administrators())


class InvitationFactory(factory.django.DjangoModelFactory):
    """Pending for 7 days; ``sender`` must be given."""

    class Meta:
        model = Invitation

    email = factory.Sequence(lambda n: f"guest{n}@example.org")
    first_name = factory.Faker("first_name")
    last_name = factory.Faker("last_name")
    sender_name = factory.LazyAttribute(lambda invitation: invitation.sender.full_name)
    validity = timedelta(days=7)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))
    nonce = factory.LazyFunction(new_nonce)
    digest = factory.LazyAttribute(lambda invitation: token_digest(invitation.nonce))

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        invitation = model_class(**kwargs)
        invitation.digest = ""
        invitation.digest = token_digest(token_of(invitation))
        invitation.save()
        return invitation
