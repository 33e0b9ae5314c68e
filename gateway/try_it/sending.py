"""Sending a trial call, and what comes back.

SECURITY: redirects are not followed, the environment's proxies and passwords are not used, nothing
is decompressed, and at most ``MAX_ANSWER`` bytes are read within ``DEADLINE`` seconds.
"""

import io
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
import urllib3
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter

from gateway.check.responses import KEY_HEADER
from gateway.dispatch import application
from gateway.try_it.trial_calls import TrialCall

MAX_ANSWER = 256 * 1024
CONNECT_SECONDS = 3.05
READ_SECONDS = 10
DEADLINE = 15.0
USER_AGENT = "apim-try-it"
# While a thread waits here for the gateway, the gateway asks this very process whether the call may
# pass: with every thread waiting, the process would wait for itself. docs/operating.md starts it
# with four.
AT_ONCE = 2

_turns = threading.BoundedSemaphore(AT_ONCE)
_STEP = 16 * 1024


class NoAnswer(Exception):
    """Nothing came back; the sentence says what to do."""


@dataclass(frozen=True)
class TrialAnswer:
    """What came back, as it came. ``is_cut``: there was more than is kept."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_cut: bool
    milliseconds: int

    def header(self, name: str) -> str:
        """The first of this name; empty without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def headers_of(call: TrialCall) -> dict[str, str]:
    """All headers that go out, the key's included."""
    always = {
        "Accept": "application/json, */*;q=0.8",
        "Accept-Encoding": "identity",
        "User-Agent": USER_AGENT,
        "Connection": "close",
    }
    return always | dict(call.headers) | ({KEY_HEADER: call.key} if call.key else {})


def send(call: TrialCall, *, to_ourselves: bool, address: str) -> TrialAnswer:
    """Send it and wait for the answer. Raises NoAnswer.

    ``to_ourselves``: an API that this service answers. It is called without a connection, through
    the same door as any call from outside, so that no thread waits for another of this process.
    ``address`` is the caller's, for the door to note.
    """
    began = time.monotonic()
    if to_ourselves:
        status, reason, headers, body = _at_our_door(call, address)
        kept, is_cut = body[:MAX_ANSWER], len(body) > MAX_ANSWER
    else:
        with _turn():
            status, reason, headers, kept, is_cut = _over_the_network(call, began + DEADLINE)
    milliseconds = round((time.monotonic() - began) * 1000)
    return TrialAnswer(status, reason, tuple(headers), kept, is_cut, milliseconds)


Headers = list[tuple[str, str]]


def _at_our_door(call: TrialCall, address: str) -> tuple[int, str, Headers, bytes]:
    said: dict[str, Any] = {}

    def start_response(status: str, headers: Headers) -> None:
        said["status"], said["headers"] = status, headers

    path, _question, query = call.target.partition("?")
    environ = {
        "REQUEST_METHOD": call.method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REMOTE_ADDR": address,
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.input": io.BytesIO(call.body),
        "HTTP_HOST": urlsplit(call.base).netloc,
    }
    for name, value in headers_of(call).items():
        variable = name.upper().replace("-", "_")
        environ[variable if variable == "CONTENT_TYPE" else f"HTTP_{variable}"] = value
    body = b"".join(application(environ, start_response))
    status, _space, reason = said["status"].partition(" ")
    return int(status), reason, said["headers"], b"" if call.method == "HEAD" else body


def _over_the_network(call: TrialCall, until: float) -> tuple[int, str, Headers, bytes, bool]:
    request = requests.Request(call.method, call.url, headers=headers_of(call), data=call.body)
    try:
        prepared = request.prepare()
        if not _is_same(call.url, prepared.url or ""):
            raise NoAnswer(_("This address could be read in two ways, so nothing was sent."))
        with requests.Session() as session:
            # No proxies and no passwords of the environment.
            session.trust_env = False
            session.mount("https://", _Trusting())
            answer = session.send(
                prepared,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            )
            with answer:
                body, is_cut = _read(answer.raw, until)
                headers = [(name, value) for name, value in answer.raw.headers.iteritems()]
                return answer.status_code, answer.reason or "", headers, body, is_cut
    except requests.exceptions.SSLError as error:
        raise NoAnswer(
            _(
                "The certificate of the gateway is not trusted here. Tell the people who run this service."
            )
        ) from error
    except requests.exceptions.ConnectTimeout as error:
        raise NoAnswer(_unreachable()) from error
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise NoAnswer(
            _("The gateway took the call and did not answer within %(seconds)s seconds.")
            % {"seconds": READ_SECONDS}
        ) from error
    except requests.exceptions.ConnectionError as error:
        raise NoAnswer(_unreachable()) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswer(_("The answer broke off, or was no HTTP.")) from error


def _is_same(meant: str, sent: str) -> bool:
    """Whether the library left the address as it was, but for the case of the host. What reads it
    another way might send it elsewhere."""
    return meant == sent or urlsplit(meant)._replace(
        netloc=urlsplit(meant).netloc.lower()
    ) == urlsplit(sent)


def _read(raw: Any, until: float) -> tuple[bytes, bool]:
    """The body as far as it is kept. One ``read1`` is one look at the connection, so that an answer
    that comes in drops cannot hold a thread."""
    kept = bytearray()
    while len(kept) <= MAX_ANSWER and time.monotonic() < until:
        piece = raw.read1(_STEP, decode_content=False)
        if not piece:
            return bytes(kept), False
        kept += piece
    return bytes(kept[:MAX_ANSWER]), True


def _unreachable() -> str:
    return _(
        "The gateway did not take the connection. Is it running, and may this server reach it? Your own machine may: the curl line below sends the same call."
    )


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(blocking=False):
        raise NoAnswer(_("Other trial calls are under way. Send it again in a moment."))
    try:
        yield
    finally:
        _turns.release()


class _Trusting(HTTPAdapter):
    """Trusts the authorities of the machine too: an organisation's own gateway often has its own."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=ssl.create_default_context(), **kwargs)
