"""The forms of a page, filled in as a browser would post them."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self._select = self._area = ""
        self._text: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "form":
            self.forms.append({})
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            values = self.forms[-1].setdefault(self._select, [found.get("value", "")])
            if "selected" in found:
                values[:] = [found.get("value", "")]
        elif tag == "textarea":
            self._area, self._text = name, []
        elif tag == "input" and name and self.forms and "disabled" not in found:
            is_box = found.get("type") in {"checkbox", "radio"}
            if found.get("type") != "file" and (not is_box or "checked" in found):
                self.forms[-1].setdefault(name, []).append(found.get("value") or "on" * is_box)

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            # The first end of line belongs to the markup; the others are posted as two characters.
            text = "".join(self._text).replace("\r\n", "\n").removeprefix("\n")
            text = text.replace("\n", "\r\n")
            self.forms[-1][self._area], self._area = [text], ""

    def handle_data(self, data):
        if self._area:
            self._text.append(data)


def form_on(response, *, having: str = "seen") -> dict[str, list[str]]:
    """What pressing the button posts while nothing was typed, of the form with such an input."""
    parser = _Forms()
    parser.feed(response.content.decode())
    return next(form for form in parser.forms if having in form)
