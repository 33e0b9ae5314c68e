"""The first administrator, from the command line."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.conftest import sign_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NAMES = {"first_name": "Ada", "last_name": "Lovelace"}


def test_create_administrator_takes_the_password_from_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("APIM_ADMIN_PASSWORD", PASSWORD)

    call_command("create_administrator", email="Ada@Example.org", **NAMES)

    ada = User.objects.administrators().get()
    assert ada.email == "ada@example.org"
    assert sign_in(ada).get("/console/").status_code == 200
    assert "Ada Lovelace <ada@example.org>" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("ada@example.org", "short", "at least 12"),
        ("nobody", PASSWORD, "valid email"),
        ("ben@example.org", PASSWORD, "already exists"),
    ],
)
def test_create_administrator_says_what_is_wrong(monkeypatch, ben, email, password, sentence):
    monkeypatch.setenv("APIM_ADMIN_PASSWORD", password)

    with pytest.raises(CommandError, match=sentence):
        call_command("create_administrator", email=email, **NAMES)

    assert not User.objects.administrators().exists()
