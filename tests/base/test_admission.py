"""Requests with a body get a part of the threads."""

import io
import threading

import pytest

from base import admission
from base.admission import Busy, Places, admit, has_body, most_at_once
from tests.racing import race


def environ(stream, *, length="", method="POST"):
    return {"REQUEST_METHOD": method, "CONTENT_LENGTH": length, "wsgi.input": stream}


def answer_of(application, request):
    """Status, headers and body."""
    said = []
    body = application(request, lambda status, headers: said.extend([status, dict(headers)]))
    return said[0], said[1], b"".join(body)


def reading(request, start_response):
    """An application that answers with the body it was given."""
    start_response("200 OK", [])
    return [request["wsgi.input"].read()]


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (2, 1), (4, 3), (16, 12), (64, 48)])
def test_some_threads_are_left_for_requests_without_a_body(threads, most):
    assert most_at_once(threads) == most


def test_places_are_never_more_than_their_number():
    places = Places(3, patience=60)
    inside, most = 0, 0
    lock = threading.Lock()

    def enter():
        nonlocal inside, most
        with places.place():
            with lock:
                inside += 1
                most = max(most, inside)
            threading.Event().wait(0.01)
            with lock:
                inside -= 1

    # All get their turn: it is new that no place is free.
    assert race(*[enter] * 20) == [None] * 20
    assert 1 <= most <= 3


def test_nobody_waits_while_it_goes_on_that_no_place_is_free():
    places = Places(1, patience=0.05, calm=60)
    with places.place():
        # The first one waits, and from then on nobody does.
        with pytest.raises(Busy), places.place():
            pass
        assert places._patience() == 0
        with pytest.raises(Busy), places.place():
            pass

    with places.place():
        pass


def test_requests_without_a_body_ask_for_no_place(monkeypatch):
    monkeypatch.setattr(admission, "places", Places(1, patience=0))
    get = environ(io.BytesIO(), method="GET")
    post = environ(io.BytesIO(b"x"), length="1")

    with admission.places.place():
        refused = answer_of(admit(reading), post)
        served = answer_of(admit(reading), get)

    assert (refused[0], refused[1]["Retry-After"]) == ("503 Service Unavailable", "5")
    assert served[0] == "200 OK"
    assert answer_of(admit(reading), post)[2] == b"x"


@pytest.mark.parametrize(
    ("request_", "may"),
    [
        ({"REQUEST_METHOD": "GET"}, False),
        ({"REQUEST_METHOD": "HEAD", "CONTENT_LENGTH": "0"}, False),
        ({"REQUEST_METHOD": "GET", "CONTENT_LENGTH": "5"}, True),
        ({"REQUEST_METHOD": "GET", "HTTP_TRANSFER_ENCODING": "chunked"}, True),
        ({"REQUEST_METHOD": "POST"}, True),
        ({"REQUEST_METHOD": "DELETE"}, True),
    ],
)
def test_whatever_may_have_a_body_asks_for_a_place(request_, may):
    assert has_body(request_) == may
