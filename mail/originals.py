"""The original of a letter in the words of an edited one, read off its templates.

Nothing is written twice: the templates are rendered, by Django and with its translations, in an
engine of their own, in which each value is its own placeholder (``{{ first_name }}``), ``{% if %}``
writes itself down with both its sides, and the frame is left out. The module is the template
library of that engine. A test renders every letter both ways, whatever its conditions say.
"""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any

from django import template
from django.template import Context, Engine
from django.template.defaulttags import IfNode, TemplateLiteral, do_if
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from mail.drafts import Draft
from mail.letters import Letter

register = template.Library()

# What a letter puts into the frame, and no more.
_FRAME = {
    "mail/layout.txt": "{% block content %}{% endblock %}",
    "mail/layout.html": (
        "<h1>{% block heading %}{% endblock %}</h1>{% block content %}{% endblock %}"
    ),
}
_PLACEHOLDER = re.compile(r"{{ (\w+) }}")
_BLANK_LINES = re.compile(r"\n\s*\n")
_AFTER_OPENING = re.compile(r"(<(?:p|h1)\b[^>]*>)\n")
_BEFORE_CLOSING = re.compile(r"\n(</(?:p|h1)>)")


class NotReadable(ValueError):
    """A template of a letter uses more than an edited letter could say."""


def original_of(letter: Letter, language: str) -> Draft:
    """What the letter says while nobody has edited it, in this language."""
    with translation.override(language):
        return Draft(
            subject=" ".join(_written(letter, ".subject.txt").split()),
            text=_BLANK_LINES.sub("\n\n", _written(letter, ".txt")).strip() + "\n",
            html=_tidy(_written(letter, ".html")),
        )


def _written(letter: Letter, suffix: str) -> str:
    found = _engine().get_template(f"mail/{letter.kind}{suffix}")
    return found.render(Context(_placeholders(letter), autoescape=suffix == ".html"))


def _placeholders(letter: Letter) -> dict[str, Any]:
    """The context of the templates. Trusted, for a placeholder is no value yet."""
    marks = {name: mark_safe(f"{{{{ {name} }}}}") for name in letter.offered}  # noqa: S308
    service = SimpleNamespace(name=marks["service_name"], support_address=marks["support_address"])
    return marks | {"service": service}


@cache
def _engine() -> Engine:
    ours = Engine.get_default()
    return Engine(
        loaders=[
            ("django.template.loaders.locmem.Loader", _FRAME),
            ("django.template.loaders.filesystem.Loader", ours.dirs),
        ],
        libraries=ours.libraries | {"letters": __name__},
        builtins=[__name__],
    )


def _tidy(html: str) -> str:
    """Without the indentation of the templates; a paragraph on one line where it was one."""
    lines = [line.strip() for line in html.split("\n")]
    text = "\n".join(line for line in lines if line) + "\n"
    text = _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", text))
    return text.replace("\n<br>\n", "<br>\n")


@register.filter
def moment(placeholder: str) -> str:
    """Stands in for ``mail.templatetags.letters``: an edited letter gets its moments in words."""
    return placeholder


@register.tag("if")
def condition_that_writes_itself(
    parser: template.base.Parser, token: template.base.Token
) -> "_WrittenIf":
    """Django's ``{% if %}``, which renders as a condition of an edited letter."""
    return _WrittenIf(do_if(parser, token).conditions_nodelists)


class _WrittenIf(IfNode):
    def render(self, context: Context) -> str:
        branches = [*self.conditions_nodelists, (None, template.NodeList())][:2]
        (asked, then), (otherwise_asked, otherwise) = branches
        if otherwise_asked is not None or len(self.conditions_nodelists) > 2:
            raise NotReadable("An edited letter knows no elif.")
        wanted, value = _question(asked, context)
        if not value:
            return then.render(context) if not wanted else otherwise.render(context)
        yes, set_by_yes = _rendered(then, context)
        no, set_by_no = _rendered(otherwise, context)
        name = _PLACEHOLDER.fullmatch(value)
        if name is None:
            # A piece of text that may be empty. Shown where it is not, it may as well be shown.
            if wanted and yes.strip() == value.strip() and not no.strip():
                return yes
            raise NotReadable(f"A letter asks for more than a variable: {value}")
        for variable in set_by_yes | set_by_no:
            before = context.get(variable, "")
            context[variable] = _condition(
                name[1],
                wanted,
                str(set_by_yes.get(variable, before)),
                str(set_by_no.get(variable, before)),
            )
        return _condition(name[1], wanted, yes, no)


def _question(asked: Any, context: Context) -> tuple[bool, str]:
    """Whether the value is wanted or its absence, and the value: a placeholder, text or nothing."""
    wanted = True
    if getattr(asked, "id", "") == "not":
        wanted, asked = False, asked.first
    if not isinstance(asked, TemplateLiteral):
        raise NotReadable("An edited letter asks for one variable, or for its absence.")
    # The stubs know conditions on dictionaries only.
    return wanted, str(asked.eval(context) or "")  # type: ignore[arg-type]


def _rendered(nodes: template.NodeList, context: Context) -> tuple[str, dict[str, Any]]:
    """What a side writes, and the variables that it sets for what comes after the condition."""
    with context.push():
        text = nodes.render(context)
        return text, dict(context.dicts[-1])


def _condition(name: str, wanted: bool, yes: str, no: str) -> SafeString:
    if not yes.strip() and not no.strip():
        # Only there to set variables.
        return SafeString("")
    asked = name if wanted else f"not {name}"
    otherwise = f"{{% else %}}{no}" if no else ""
    return mark_safe(f"{{% if {asked} %}}{yes}{otherwise}{{% endif %}}")  # noqa: S308
