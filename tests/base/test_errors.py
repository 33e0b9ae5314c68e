"""Requests that go wrong are answered by pages of our own, with every header, whatever they send."""

import json
from io import BytesIO

import pytest
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.test import Client

from base import limits
from base.doors import FORM, VISITORS_FORM
from base.errors import WORDS

pytestmark = pytest.mark.django_db

FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def armoured(response):
    """The response, once it is shown to carry what every answer carries."""
    for name, value in HEADERS.items():
        assert response[name] == value, name
    assert response["Referrer-Policy"] in {"same-origin", "no-referrer", "strict-origin"}
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "camera=()" in response["Permissions-Policy"]
    return response


class Unreadable:
    """A body that must not be read."""

    def read(self, *args):
        raise AssertionError("The body was read.")

    readline = read


@pytest.fixture
def strict():
    """With the forgery protection on, its cookie, and errors answered as in production."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.get("/sign-in/")
    return client


@pytest.mark.parametrize("path", ["/sign-in/", "/no/such/page/", "/console/developers/add/"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{FORM_TYPE}; charset=latin-1", b"email=a"),
        (f"{FORM_TYPE}; charset=bogus", b"email=a"),
        (f"{FORM_TYPE}; charset=hex", b"email=a"),
        ("multipart/form-data; boundary=x; charset=utf-16", b"--x--"),
        ("multipart/form-data", b"no boundary"),
        (MULTIPART, b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\ntorn"),
        (MULTIPART, b"nothing of the kind"),
        (MULTIPART, b"--x\r\nContent-Disposition: form-data; name*=bogus''%41\r\n\r\na\r\n--x--"),
        (
            MULTIPART,
            b"--x\r\nContent-Disposition: form-data; name=a\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
        ),
        (FORM_TYPE, b"&".join(b"f%d=" % number for number in range(1500))),
        (MULTIPART, b"--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n\r\n" * 300),
        (FORM_TYPE, b"\xff\xfe=%ff%00"),
        ("\xff\xfe", b"email=a"),
    ],
)
def test_a_body_that_is_no_form_never_makes_an_error_of_ours(strict, path, content_type, body):
    response = armoured(strict.generic("POST", path, body, content_type=content_type))

    # Where only the console's door is asked first, it leads to the sign-in page.
    assert 300 < response.status_code < 500
    assert response.status_code == 302 or b"<h1>" in response.content


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{FORM_TYPE}; charset=latin-1", b"email=a"),
        (FORM_TYPE, b"&".join(b"f%d=" % number for number in range(1500))),
        ("multipart/form-data", b"no boundary"),
    ],
)
def test_debugging_answers_a_body_that_is_no_form_alike(strict, settings, content_type, body):
    settings.DEBUG = True

    response = armoured(strict.generic("POST", "/sign-in/", body, content_type=content_type))

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/sign-in/", VISITORS_FORM + 1, 413),
        ("/console/roles/new/", 1_000_000, 302),
        ("/console/imports/new/", 10_000_000, 302),
        ("/mail/webhooks/postmark/tracking/", 50_000_000, 413),
        ("/no/such/page/", 50_000_000, 404),
    ],
)
def test_a_body_that_is_too_large_is_refused_unread(strict, path, size, status):
    response = strict.generic(
        "POST",
        path,
        CONTENT_TYPE=FORM_TYPE,
        CONTENT_LENGTH=str(size),
        **{"wsgi.input": Unreadable()},
    )

    assert armoured(response).status_code == status


@pytest.mark.parametrize(
    ("path", "size"), [("/console/roles/new/", FORM + 1), ("/console/imports/new/", 50_000_000)]
)
def test_the_body_of_somebody_signed_in_has_a_limit_too(console, path, size):
    response = console.generic(
        "POST",
        path,
        CONTENT_TYPE=FORM_TYPE,
        CONTENT_LENGTH=str(size),
        **{"wsgi.input": Unreadable()},
    )

    assert armoured(response).status_code == 413


def test_a_body_without_a_length_is_refused_unread(strict):
    response = strict.generic(
        "POST",
        "/sign-in/",
        CONTENT_TYPE=FORM_TYPE,
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
        **{"wsgi.input": Unreadable()},
    )

    assert armoured(response).status_code == 411


def test_a_body_whose_sender_went_away_is_no_error_of_ours(strict):
    class Torn(BytesIO):
        def read(self, *args):
            raise OSError("connection reset")

    response = strict.generic(
        "POST",
        "/sign-in/",
        CONTENT_TYPE=FORM_TYPE,
        CONTENT_LENGTH="10",
        **{"wsgi.input": Torn()},
    )

    assert armoured(response).status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=" + "x" * limits.MAX_QUERY, 414),
        ("%00=a%00b", 200),
        ("a&" * 1500, 400),
        ("q=%ff%fe", 200),
        ("%ff=1", 200),
        ("q=\xff", 200),
        ("sort=%00%00&cursor=%00", 200),
        ("cursor=%e2%82", 200),
    ],
)
def test_queries_have_a_measure(console, query, status):
    for path in ["/console/developers/", "/products/"]:
        assert armoured(console.get(path, QUERY_STRING=query)).status_code == status, path


def test_a_search_that_no_name_can_hold_is_refused_where_it_was_typed(console):
    assert armoured(console.get("/console/developers/", QUERY_STRING="q=%00")).status_code == 422
    assert armoured(console.get("/products/", QUERY_STRING="q=%00")).status_code == 200


def test_a_long_search_is_cut_before_it_is_repeated_in_every_link(console):
    page = console.get("/console/developers/", {"q": "x" * 2000, "state": "y" * 1500})

    assert page.status_code == 422
    assert "x" * (limits.MAX_VALUE + 1) not in page.text
    assert "y" * (limits.MAX_VALUE + 1) not in page.text


@pytest.mark.parametrize(
    "path", ["/%ff/", "/products/%ff%00/", "/%00", "/apis/%e2%82/", "/join/%00/"]
)
def test_paths_that_nobody_wrote_are_not_found(client, path):
    assert armoured(client.get(path)).status_code == 404


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
def test_a_program_reads_what_went_wrong_as_json(client, accept):
    response = armoured(client.get("/no/such/page/", headers={"Accept": accept}))

    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == {
        "type": "about:blank",
        "title": "There is no page here",
        "status": 404,
        "detail": "The address may be mistyped, or what was here has been removed.",
    }


@pytest.mark.parametrize(
    "accept", ["", "*/*", "text/html,application/json;q=0.9", "a" * 20_000, "x/y; q*=bogus''%41"]
)
def test_everybody_else_reads_a_page(client, accept):
    response = client.get("/no/such/page/", headers={"Accept": accept})

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_another_host_is_refused_with_every_header(client):
    assert armoured(client.get("/", headers={"Host": "evil.example"})).status_code == 400


def test_plain_requests_are_led_to_our_own_name(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_SSL_HOST = "apis.example.org"

    response = armoured(client.get("/help/?a=b", headers={"Host": "evil.example"}))

    assert response.status_code == 301
    assert response["Location"] == "https://apis.example.org/help/?a=b"


def test_a_page_that_cannot_be_rendered_says_so_without_its_looks(rf, monkeypatch):
    from base import errors

    def broken(*args):
        raise ValueError("Missing staticfiles manifest entry for 'css/tokens.css'")

    monkeypatch.setattr(errors, "render_to_string", broken)

    page = errors.error_page(rf.get("/"), 500)

    assert page.status_code == 500
    assert b"<h1>Something went wrong here</h1>" in page.content


def test_an_error_of_ours_is_a_page_with_every_header(client, monkeypatch):
    monkeypatch.setattr("portal.home.help_views.render", None)
    quiet = Client(raise_request_exception=False)

    response = armoured(quiet.get("/help/"))

    assert response.status_code == 500
    assert "Something went wrong here" in response.text


def test_noting_a_failure_needs_no_request():
    try:
        raise OperationalError("database is locked")
    except OperationalError:
        got_request_exception.send(sender=None, request=None)


@pytest.mark.parametrize("method", ["POST", "TRACE"])
def test_files_are_only_read(client, method):
    response = armoured(client.generic(method, "/static/css/base.css"))

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "content_type", ["text/html; charset*=bogus''%41", "text/html; x=" + "a" * 12_000]
)
def test_a_content_type_that_makes_no_request_is_taken_away(content_type):
    seen = []
    application = limits.with_readable_content_type(lambda environ, start: seen.append(environ))

    application({"CONTENT_TYPE": content_type}, None)
    application({"CONTENT_TYPE": "text/html; charset=utf-8"}, None)

    assert [environ["CONTENT_TYPE"] for environ in seen] == ["", "text/html; charset=utf-8"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/nowhere", "testserver", 404),
        ("/products/nothing-of-that-name/", "testserver", 404),
        ("/products/", "evil.example", 400),
    ],
)
def test_whoever_tries_the_service_reads_our_pages_too(client, settings, path, host, status):
    settings.DEBUG = True

    answer = client.get(path, headers={"host": host})

    assert answer.status_code == status
    assert str(WORDS[status][0]) in answer.text
    assert "Content-Security-Policy" in answer
