"""What is answered below Django."""

import pytest

from gateway.dispatch import LIVE, dispatch


def ask(method, path):
    """Status, headers and body; Django must not be asked."""
    said = []

    def django(environ, start_response):
        raise AssertionError("asked Django")

    # Whatever the Host says: load balancers ask by IP.
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": "10.0.0.7"}
    body = dispatch(django)(environ, lambda status, headers: said.extend([status, headers]))
    return said[0], dict(said[1]), b"".join(body)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_probe_of_life_asks_nothing_of_anything_else(method):
    status, headers, body = ask(method, LIVE)

    assert (status, body) == ("200 OK", b"ok")
    assert headers["Cache-Control"] == "no-store"


def test_the_probe_of_life_takes_no_other_method():
    status, headers, _body = ask("POST", LIVE)

    assert (status, headers["Allow"]) == ("405 Method Not Allowed", "GET, HEAD")
