"""Figures for monitoring, and who may read them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from mail.models import Message
from tests.factories import InvitationFactory, SubscriptionFactory, UserFactory

pytestmark = pytest.mark.django_db


def figures(response) -> dict[str, float]:
    """Each sample under its name and state."""
    families = text_string_to_metric_families(response.content.decode())
    return {
        sample.name + "".join(f":{state}" for state in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = "a-long-token-for-the-scraper"
    return {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}


def test_figures_are_read_from_the_database(client, token, ada):
    SubscriptionFactory(owner=UserFactory(blocked=True), state="suspended")
    InvitationFactory(sender=ada)
    Message.objects.create(
        kind="welcome",
        to="chen@example.org",
        reference=uuid4(),
        message_id="<1@x>",
        created_at=timezone.now() - timedelta(minutes=10),
    )

    response = client.get("/metrics", headers=token)

    assert response["Content-Type"].startswith("text/plain")
    found = figures(response)
    assert found["apim_users:active"] == 1
    assert found["apim_users:blocked"] == 1
    assert found["apim_subscriptions_stored:suspended"] == 1
    assert found["apim_invitations_pending"] == 1
    assert found["apim_letters:queued"] == 1
    assert found["apim_letters:failed"] == 0
    assert 590 < found["apim_letters_oldest_waiting_seconds"] < 700


def test_no_waiting_letter_has_no_age(client, token):
    assert (
        figures(client.get("/metrics", headers=token))["apim_letters_oldest_waiting_seconds"] == 0
    )


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic YQ==", "Bearer ünläut"])
def test_nobody_else_learns_that_there_are_figures(client, token, header):
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_without_a_token_they_are_closed_in_production(client, settings):
    settings.METRICS_TOKEN, settings.DEBUG = "", False

    assert client.get("/metrics").status_code == 404


def test_a_scrape_asks_as_many_statements_whatever_there_is(
    client, token, django_assert_num_queries
):
    UserFactory.create_batch(3)

    with django_assert_num_queries(5):
        client.get("/metrics", headers=token)
