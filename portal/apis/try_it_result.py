"""A trial call and its answer as a page shows them: text only, and the key never whole."""

import codecs
import json
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.keys import MIN_IMPORTED, prefix_of
from catalog.openapi.operations import is_json
from gateway.check.responses import KEY_HEADER
from gateway.try_it.sending import MAX_ANSWER, TrialAnswer, headers_of
from gateway.try_it.trial_calls import TrialCall
from portal.apis.samples import curl_of

# A page that grew beyond this by indenting is shown as it came.
MAX_SHOWN = 2 * MAX_ANSWER
_MARK = re.compile(r'"(?:[^"\\]+|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_CHARSETS = {"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"}
_TEXTS = ("text/", "application/xml", "application/javascript", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Exchange:
    """What went out and what came back. ``failure`` is a sentence where nothing did."""

    request: str
    curl: str
    failure: str = ""
    status: int = 0
    reason: str = ""
    milliseconds: int = 0
    size: str = ""
    headers: str = ""
    body: str = ""
    note: str = ""

    @property
    def mood(self) -> str:
        """The colour of the status, which the words repeat."""
        return {2: "good", 4: "wait", 5: "bad"}.get(self.status // 100, "mute")

    @property
    def is_refused_key(self) -> bool:
        return self.status == 401


def exchange_of(call: TrialCall, answer: TrialAnswer | None, failure: str = "") -> Exchange:
    """``answer`` is None where ``failure`` says why none came."""
    hidden = _Hidden(call.key)
    request, curl = _request(call, hidden), _curl(call)
    if answer is None:
        return Exchange(request, curl, failure)
    body, note = _body(answer)
    return Exchange(
        request,
        curl,
        status=answer.status,
        reason=answer.reason,
        milliseconds=answer.milliseconds,
        size=_size(len(answer.body)),
        headers=hidden.in_text("\n".join(f"{name}: {value}" for name, value in answer.headers)),
        body=hidden.in_text(body),
        note=note,
    )


def indented(text: str) -> str:
    """JSON on many lines, every value as it was written: a parsed number might not be the same one.

    Text that is no JSON, or would grow beyond reason, stays as it is.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    pieces: list[str] = []
    depth = length = 0
    marks = _MARK.findall(text)
    for mark, following in zip(marks, [*marks[1:], ""], strict=True):
        opens, ends = mark in {"[", "{"}, following in {"]", "}"}
        depth += (opens and not ends) - (ends and not opens)
        breaks = mark == "," or opens != ends
        pieces += [mark, "\n" + "  " * depth if breaks else " " if mark == ":" else ""]
        length += len(pieces[-1]) + len(mark)
        if length > MAX_SHOWN:
            return text
    return "".join(pieces)


@dataclass(frozen=True)
class _Hidden:
    """Puts the beginning of the key where the key stood: a back end may send back what it got."""

    key: str

    def in_text(self, text: str) -> str:
        return text.replace(self.key, self.masked) if len(self.key) >= MIN_IMPORTED else text

    @property
    def masked(self) -> str:
        return f"{prefix_of(self.key)}…"


def _request(call: TrialCall, hidden: _Hidden) -> str:
    headers = headers_of(call) | ({KEY_HEADER: hidden.masked} if call.key else {})
    lines = [
        f"{call.method} {call.target}",
        f"Host: {call.base.partition('//')[2].partition('/')[0]}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    body = call.body.decode("utf-8", "replace")
    return hidden.in_text("\n".join([*lines, "", body] if body else lines))


def _curl(call: TrialCall) -> str:
    headers = dict(call.headers)
    media_type = headers.pop("Content-Type", "")
    body = call.body.decode("utf-8", "replace")
    return curl_of(call.method, call.url, headers, media_type, body, key_needed=bool(call.key))


def _body(answer: TrialAnswer) -> tuple[str, str]:
    """The text to show, and what is to be said of it."""
    if not answer.body:
        return "", _("The answer has no body.")
    encoding = answer.header("Content-Encoding")
    if encoding and encoding.lower() != "identity":
        return "", _("The body came compressed (%(encoding)s) and is not shown.") % {
            "encoding": encoding[:40]
        }
    kind = answer.header("Content-Type")
    text = _text(answer, kind)
    if text is None:
        return "", _("The body is no text and is not shown.")
    if answer.is_cut:
        return text, _("Only the first %(size)s are shown.") % {"size": _size(MAX_ANSWER)}
    return indented(text) if is_json(kind) or not kind else text, ""


def _text(answer: TrialAnswer, kind: str) -> str | None:
    """None where it is pictures and the like."""
    named = _CHARSET.search(kind)
    charset = named[1].lower() if named and named[1].lower() in _CHARSETS else "utf-8"
    is_text = is_json(kind) or kind.lower().startswith(_TEXTS) or "xml" in kind.lower()
    decoder = codecs.getincrementaldecoder(charset)("replace" if is_text else "strict")
    try:
        # What was cut may end within a character.
        return decoder.decode(answer.body, final=not answer.is_cut)
    except UnicodeDecodeError:
        return None


def _size(length: int) -> str:
    if length < 1024:
        return ngettext("%(count)d byte", "%(count)d bytes", length) % {"count": length}
    return _("%(count)d KiB") % {"count": round(length / 1024)}
