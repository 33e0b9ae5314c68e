"""Probes answer without a sign-in and tell nothing."""

import pytest
from django.db import connections


def test_live_asks_no_database(client):
    response = client.get("/healthz/live")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_names_each_database(client):
    response = client.get("/healthz/ready")

    assert response.status_code == 200
    assert response.json() == dict.fromkeys(connections, True)


@pytest.mark.django_db(transaction=True)
def test_ready_says_503_when_a_database_is_away(client):
    default = connections["default"]
    default.close()
    kept, default.settings_dict = (
        default.settings_dict,
        default.settings_dict | {"NAME": "/nowhere/at/all"},
    )
    try:
        response = client.get("/healthz/ready")
    finally:
        default.close()
        default.settings_dict = kept

    assert response.status_code == 503
    assert response.json()["default"] is False
