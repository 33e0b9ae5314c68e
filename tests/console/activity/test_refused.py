"""A developer who asks for the console leaves an event in Activity, and sees the same 403."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from audit.models import Event
from console.activity.forms import kinds
from console.activity.sentences import TITLES
from tests.conftest import sign_in
from tests.factories import UserFactory
from tests.racing import race

pytestmark = pytest.mark.django_db


def refused() -> list[Event]:
    return list(Event.objects.filter(action="console.refused").order_by("pk"))


def test_refused_developer_is_recorded_once_an_hour(portal, ben):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for path in ["/console/developers/", "/console/", "/console/activity/"]:
            assert portal.get(path).status_code == 403
        assert portal.post(f"/console/developers/{ben.public_id}/block/").status_code == 403
        assert len(refused()) == 1
        clock.shift(timedelta(minutes=61))
        portal.get("/console/")

    first, second = refused()
    assert first.actor_id == first.subject_id == ben.public_id
    assert first.data == {"path": "/console/developers/"}
    assert second.data == {"path": "/console/"}


def test_each_refused_developer_is_recorded(portal, ben):
    chen = UserFactory(email="chen@example.org")
    portal.get("/console/")
    sign_in(chen).get("/console/")

    assert [event.actor_id for event in refused()] == [ben.public_id, chen.public_id]


def test_administrators_and_visitors_leave_no_refusal(console, portal):
    console.get("/console/")
    Client().get("/console/")
    portal.get("/profile/")
    portal.get("/console/no-such-page/")

    assert refused() == []


def test_activity_shows_who_was_refused_and_finds_it_by_kind(console, portal, ben):
    portal.get("/console/")

    found = console.get("/console/activity/", {"kind": "console.refused"})

    assert "Ben Okafor tried to open the console" in found.content.decode()
    assert [entry.line.event.action for entry in found.context["entries"]] == ["console.refused"]
    assert "Console refused" in found.content.decode()


def test_every_kind_of_event_can_be_filtered_for():
    offered = {value for _group, choices in kinds() if _group for value, _label in choices}

    assert set(TITLES) <= offered


@pytest.mark.django_db(transaction=True)
def test_parallel_refusals_leave_one_event(ben):
    browsers = [sign_in(ben) for _ in range(6)]

    answers = race(*[lambda b=b: b.get("/console/").status_code for b in browsers])

    assert answers == [403] * 6
    assert len(refused()) == 1
