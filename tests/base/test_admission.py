"""Requests with a body get a part of the threads, and a time for the body."""

import io
import threading

import pytest

from base import admission
from base.admission import Places, Refused, admit, most_at_once, receive
from tests.racing import race


class Sender:
    """A body that comes in pieces, and then no further until ``gone`` is set."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.gone = threading.Event()

    def read(self, size: int) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        self.gone.wait(60)
        return b""


def environ(stream, *, length="", method="POST"):
    return {"REQUEST_METHOD": method, "CONTENT_LENGTH": length, "wsgi.input": stream}


def answer_of(application, request):
    """Status, headers and body."""
    said = []
    body = application(request, lambda status, headers: said.extend([status, dict(headers)]))
    return said[0], said[1], b"".join(body)


def reading(request, start_response):
    """An application that answers with the body it was given."""
    body = request["wsgi.input"].read()
    start_response("200 OK", [("X-Length", request["CONTENT_LENGTH"])])
    return [body]


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (2, 1), (4, 3), (16, 12), (64, 48)])
def test_some_threads_are_left_for_requests_without_a_body(threads, most):
    assert most_at_once(threads) == most


def test_a_body_is_complete_before_the_application_is_asked():
    body = b"x" * 700_000

    status, headers, said = answer_of(admit(reading), environ(io.BytesIO(body), length="700000"))

    assert (status, headers["X-Length"], said) == ("200 OK", "700000", body)


def test_a_body_without_a_length_is_taken_too():
    status, headers, said = answer_of(admit(reading), environ(io.BytesIO(b"in pieces")))

    assert (status, headers["X-Length"], said) == ("200 OK", "9", b"in pieces")


@pytest.mark.parametrize("length", ["", str(admission.MAX_BODY + 1)])
def test_a_body_that_is_too_long_is_refused(length):
    stream = io.BytesIO(b"x" * (admission.MAX_BODY + 1))

    status, headers, _said = answer_of(admit(reading), environ(stream, length=length))

    assert status.startswith("413 ")
    assert headers["Connection"] == "close"
    # One that says so is not read at all.
    assert (stream.tell() == 0) == bool(length)


def test_a_body_that_ends_before_its_length_is_refused():
    status, _headers, _said = answer_of(admit(reading), environ(io.BytesIO(b"half"), length="8"))

    assert status == "400 Bad Request"


def test_a_body_that_breaks_off_is_refused():
    class Broken:
        def read(self, size):
            raise OSError("reset by peer")

    status, _headers, said = answer_of(admit(reading), environ(Broken(), length="8"))

    assert (status, said) == ("400 Bad Request", b"The body could not be read.\n")


def test_a_body_that_does_not_come_gives_its_thread_back(monkeypatch):
    monkeypatch.setattr(admission, "BODY_TIMEOUT", 0.05)
    sender = Sender(b"x")
    try:
        status, headers, _said = answer_of(admit(reading), environ(sender, length="1000"))
        waiting = admission._Reader.stalled
    finally:
        sender.gone.set()

    assert (status, headers["Connection"]) == ("408 Request Timeout", "close")
    assert waiting == 1
    assert _nobody_waits()


def test_bodies_are_refused_at_once_while_too_many_senders_are_waited_for(monkeypatch):
    monkeypatch.setattr(admission, "BODY_TIMEOUT", 0.05)
    monkeypatch.setattr(admission, "MAX_STALLED", 2)
    senders = [Sender() for _number in range(3)]
    try:
        answers = [answer_of(admit(reading), environ(one, length="9")) for one in senders]
    finally:
        for one in senders:
            one.gone.set()

    assert [status[:3] for status, _headers, _said in answers] == ["408", "408", "503"]
    assert answers[2][1]["Retry-After"]
    assert _nobody_waits()


def test_a_slow_body_that_keeps_coming_is_taken(monkeypatch):
    monkeypatch.setattr(admission, "BODY_TIMEOUT", 0.2)
    monkeypatch.setattr(admission, "BYTES_PER_SECOND", 10)
    steady = iter([b"x" * 100] * 5)
    pause = threading.Event()

    class Steady:
        def read(self, size):
            pause.wait(0.1)
            return next(steady, b"")

    with receive(environ(Steady(), length="500")) as body:
        assert body.read() == b"x" * 500


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
        with pytest.raises(Refused), places.place():
            pass
        assert places._patience() == 0
        with pytest.raises(Refused), places.place():
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


def _nobody_waits() -> bool:
    patience = threading.Event()
    for _time in range(600):
        if admission._Reader.stalled == 0:
            return True
        patience.wait(0.05)
    return False
