"""Rows for tests, as they are after the fact: without letters or events."""

from datetime import timedelta
from functools import cache

import factory
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher, make_password
from django.utils import timezone

from accounts.models import Role, RoleAssignment, User
from base.tokens import keyed_digests, new_nonce, token_digest
from catalog.keys import digest_of, new_key, prefix_of
from catalog.models import Api, Key, Product, Subscription
from gateway.models import Gateway, Secret
from invitations.actions import token_of, token_of_link
from invitations.models import Invitation, InviteLink
from packages.models import Package

PASSWORD = "correct horse battery"


def password_hash() -> str:
    """Hashed once per run and hasher: a real hash costs 90 ms."""
    return _hash_by(type(get_hasher()))


@cache
def _hash_by(hasher: type[BasePasswordHasher]) -> str:
    return make_password(PASSWORD, hasher=hasher())


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
    sender_epoch = factory.LazyAttribute(lambda invitation: invitation.sender.authority_epoch)
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


class InviteLinkFactory(factory.django.DjangoModelFactory):
    """Open, without quota, end or domains; ``sender`` must be given, ``roles`` may be."""

    class Meta:
        model = InviteLink
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Link {n}")
    sender_name = factory.LazyAttribute(lambda link: link.sender.full_name)
    sender_epoch = factory.LazyAttribute(lambda link: link.sender.authority_epoch)
    nonce = factory.LazyFunction(new_nonce)

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        self.roles.set(extracted or [])

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        link = model_class(**kwargs)
        link.digest = token_digest(token_of_link(link))
        link.save()
        return link


class ApiFactory(factory.django.DjangoModelFactory):
    """Wants a subscription."""

    class Meta:
        model = Api

    name = factory.Sequence(lambda n: f"Orders {n}")
    name_key = factory.LazyAttribute(lambda api: api.name.casefold())
    slug = factory.Sequence(lambda n: f"orders-{n}")
    path_prefix = factory.Sequence(lambda n: f"/orders-{n}")
    back_end = "http://orders.internal.example:9000/base"


class ProductFactory(factory.django.DjangoModelFactory):
    """Published, visible to Developers; ``apis`` and ``roles`` may be given."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Product {n}")
    name_key = factory.LazyAttribute(lambda product: product.name.casefold())
    slug = factory.Sequence(lambda n: f"product-{n}")
    published_at = factory.LazyFunction(timezone.now)

    class Params:
        unpublished = factory.Trait(published_at=None)

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        given = [Role.objects.developers()] if extracted is None else extracted
        self.roles.set([Role.objects.administrators(), *given])

    @factory.post_generation
    def apis(self, create, extracted, **kwargs):
        self.apis.set(extracted or [])


class SubscriptionFactory(factory.django.DjangoModelFactory):
    """Active, without keys."""

    class Meta:
        model = Subscription

    owner = factory.SubFactory(UserFactory)
    product = factory.SubFactory(ProductFactory)
    name = factory.Sequence(lambda n: f"Subscription {n}")
    state = Subscription.State.ACTIVE


class KeyFactory(factory.django.DjangoModelFactory):
    """Live, in the primary slot; its value is ``key.plaintext``."""

    class Meta:
        model = Key

    subscription = factory.SubFactory(SubscriptionFactory)
    slot = Key.Slot.PRIMARY

    @classmethod
    def _create(cls, model_class, *args, plaintext=None, **kwargs):
        plaintext = plaintext or new_key()
        key = model_class.objects.create(
            prefix=prefix_of(plaintext), digest=digest_of(plaintext), **kwargs
        )
        key.plaintext = plaintext
        return key


class PackageFactory(factory.django.DjangoModelFactory):
    """``roles`` and ``products`` may be given."""

    class Meta:
        model = Package
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Package {n}")
    name_key = factory.LazyAttribute(lambda package: package.name.casefold())

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        self.roles.set(extracted or [])

    @factory.post_generation
    def products(self, create, extracted, **kwargs):
        self.products.set(extracted or [])


class GatewayFactory(factory.django.DjangoModelFactory):
    """With one secret, ``gateway.plaintext_secret``."""

    class Meta:
        model = Gateway
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Gateway {n}")
    name_key = factory.LazyAttribute(lambda gateway: gateway.name.casefold())
    public_address = "https://api.example.org"

    @factory.post_generation
    def secret(self, create, extracted, **kwargs):
        self.plaintext_secret = extracted or f"apim_gateway_{new_nonce()}"
        Secret.objects.create(
            gateway=self,
            prefix=self.plaintext_secret[:20],
            digest=keyed_digests(self.plaintext_secret, purpose="apim.gateways")[0],
        )
