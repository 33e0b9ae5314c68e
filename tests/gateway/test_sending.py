"""Sending a trial call to a real server, and reading what it answers."""

import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from accounts.actions import block_user
from catalog.models import Key
from gateway.check import usage
from gateway.try_it import sending
from gateway.try_it.sending import MAX_ANSWER, NoAnswer, send
from gateway.try_it.trial_calls import TrialCall
from tests.factories import ApiFactory, KeyFactory, ProductFactory
from tests.servers import free_port


@contextmanager
def answering_once(answer: bytes, *, wrap=lambda connection: connection):
    """The base address of something that says ``answer`` to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _address = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def a_call(base, target="/plain", method="GET", **facts):
    return TrialCall(method, base, target, facts.pop("headers", {}), facts.pop("key", ""), **facts)


def sent(server, target="/plain", method="GET", **facts):
    return send(a_call(server.base, target, method, **facts), to_ourselves=False, address="")


def test_the_call_arrives_as_it_was_made(server):
    answer = sent(
        server,
        "/plain?x=a%20b&x=%C3%A4",
        "POST",
        headers={"X-Request-Id": "7", "Content-Type": "application/json"},
        key="apim_live_x",
        body=b'{"a": 1}',
    )

    [(method, path, headers, body)] = server.seen
    assert (method, path, body) == ("POST", "/plain?x=a%20b&x=%C3%A4", b'{"a": 1}')
    assert headers["Ocp-Apim-Subscription-Key"] == "apim_live_x"
    assert headers["X-Request-Id"] == "7"
    assert headers["Host"] == server.base.removeprefix("http://")
    assert "Authorization" not in headers
    assert "Cookie" not in headers
    assert (answer.status, answer.reason, answer.body) == (200, "Fine", b"{}")
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert 0 <= answer.milliseconds < 5000


def test_the_environment_has_no_say(server, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")

    assert sent(server).status == 200
    assert "Authorization" not in server.seen[0][2]


def test_redirects_are_shown_and_not_followed(server):
    answer = sent(server, "/elsewhere")

    assert answer.status == 302
    assert answer.header("location").endswith("/plain")
    assert len(server.seen) == 1


@pytest.mark.parametrize(("target", "is_cut"), [("/big", True), ("/exactly", False)])
def test_a_long_answer_is_cut(server, target, is_cut):
    answer = sent(server, target)

    assert (len(answer.body), answer.is_cut) == (MAX_ANSWER, is_cut)


def test_nothing_is_decompressed(server):
    answer = sent(server, "/compressed")

    assert len(answer.body) < MAX_ANSWER
    assert answer.body[:2] == b"\x1f\x8b"
    assert server.seen[0][2]["Accept-Encoding"] == "identity"


def test_chunks_and_heads_are_read(server):
    assert sent(server, "/chunks").body == b"abcde"
    head = sent(server, method="HEAD")
    assert (head.status, head.body) == (200, b"")


def test_an_answer_in_drops_ends_at_the_deadline(server, monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE", 0.4)

    answer = sent(server, "/drops")

    assert answer.is_cut
    assert 0 < len(answer.body) < 100
    assert answer.milliseconds < 2000


@pytest.mark.parametrize("target", ["/silent", "/drops"])
def test_silence_is_told(server, monkeypatch, target):
    monkeypatch.setattr(sending, "READ_SECONDS", 0.02)

    with pytest.raises(NoAnswer, match="did not answer within"):
        sent(server, target)


def test_an_answer_that_breaks_off_is_told(server):
    with pytest.raises(NoAnswer, match="broke off"):
        sent(server, "/breaks-off")


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"", b"HTTP/1.1 200\xff"])
def test_what_is_no_http_is_told(answer):
    with answering_once(answer) as base, pytest.raises(NoAnswer):
        send(a_call(base), to_ourselves=False, address="")


def test_nobody_there_is_told():
    base = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(NoAnswer, match="did not take the connection"):
        send(a_call(base), to_ourselves=False, address="")


def test_a_name_that_leads_nowhere_is_told():
    with pytest.raises(NoAnswer, match="did not take the connection"):
        send(a_call("http://gateway.invalid"), to_ourselves=False, address="")


def test_an_address_that_the_library_would_change_is_not_called(server):
    with pytest.raises(NoAnswer, match="two ways"):
        send(a_call(server.base, "/a/../plain"), to_ourselves=False, address="")

    assert server.seen == []


def test_the_case_of_the_host_is_no_other_address():
    base = f"http://LOCALHOST:{free_port()}"

    with pytest.raises(NoAnswer, match="did not take the connection"):
        send(a_call(base), to_ourselves=False, address="")


def test_plain_text_at_an_https_address_is_no_answer(server):
    base = server.base.replace("http:", "https:")

    with pytest.raises(NoAnswer, match="not trusted"):
        send(a_call(base), to_ourselves=False, address="")


def test_the_machines_own_authorities_are_trusted(monkeypatch):
    made, of_the_machine = [], ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: made.append(1) or of_the_machine())

    with pytest.raises(NoAnswer):
        send(a_call(f"https://127.0.0.1:{free_port()}"), to_ourselves=False, address="")

    assert made


def test_no_more_at_once_than_leaves_threads_for_the_check(server, monkeypatch):
    results = []

    def try_one():
        try:
            results.append(sent(server, "/silent").status)
        except NoAnswer as failure:
            results.append(str(failure))

    monkeypatch.setattr(sending, "READ_SECONDS", 1)
    threads = [threading.Thread(target=try_one) for _one in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum("Other trial calls" in str(result) for result in results) == 3
    assert sent(server).status == 200


@pytest.mark.django_db(transaction=True)
class TestEcho:
    """The API that this service answers is called through its own door, without a connection."""

    @pytest.fixture
    def key(self, ben):
        echo = ApiFactory(slug="echo", path_prefix="/echo", back_end="")
        product = ProductFactory(apis=[echo], slug="starter")
        return KeyFactory(subscription__owner=ben, subscription__product=product)

    def sent(self, key="", target="/echo/gr%C3%BCn?x=1", method="POST", **facts):
        call = a_call("http://127.0.0.1:1", target, method, key=key, **facts)
        return send(call, to_ourselves=True, address="192.0.2.7")

    def test_it_answers_as_it_answers_anybody(self, key, ben):
        headers = {"Content-Type": "application/json", "X-Request-Id": "7"}

        answer = self.sent(key.plaintext, headers=headers, body=b'{"a": 1}')

        assert (answer.status, answer.reason) == (200, "OK")
        text = answer.body.decode()
        assert '"path": "/gr%C3%BCn"' in text
        assert '"query": "x=1"' in text
        assert '"Content-Type": "application/json"' in text
        assert '"X-Request-Id": "7"' in text
        assert ben.email in text
        assert key.plaintext not in text
        assert answer.header("content-type") == "application/json"

    def test_the_same_check_decides_and_counts(self, key, ben, ada):
        assert self.sent().status == 401
        assert self.sent(key.plaintext, method="HEAD").body == b""

        block_user(user=ben, by=ada)

        assert self.sent(key.plaintext).status == 401
        usage.flush()
        row = Key.objects.get()
        assert row.last_used_address == "192.0.2.7"

    def test_nothing_else_is_behind_that_door(self, key):
        assert self.sent(key.plaintext, "/sign-in/").status == 404
