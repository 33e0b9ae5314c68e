"""The theme switch works without script and leads nowhere else."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_theme_is_remembered_and_leads_back(client, theme):
    response = client.post("/theme/", {"theme": theme, "next": "/help/?a=1"})

    assert response.status_code == 302
    assert response["Location"] == "/help/?a=1"
    cookie = response.cookies["theme"]
    assert cookie.value == theme
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_theme_never_leads_to_another_site(client, elsewhere):
    response = client.post("/theme/", {"theme": "dark", "next": elsewhere})

    assert response["Location"] == "/"


def test_an_unknown_theme_changes_nothing(client):
    response = client.post("/theme/", {"theme": "pink", "next": "/help/"})

    assert "theme" not in response.cookies


def test_theme_takes_posts_only(client):
    assert client.get("/theme/").status_code == 405
