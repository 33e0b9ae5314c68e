"""What the console's templates ask for."""

from django import template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse

from base.edit_form import TextConflict
from console.kit.differences import Piece, difference
from console.sidebar import COUNTS, SIDEBAR, folder_of
from imports.models import Import
from mail import status
from mail.status import MailStatus

register = template.Library()

# Characters of two texts together.
MAX_COMPARED = 40_000

INBOX_BACKEND = "django_mail_preview.backends.EmailBackend"


@register.inclusion_tag("console/kit/sidebar.html", takes_context=True)
def sidebar(context: Context) -> dict[str, object]:
    """The entries of the sidebar, the current one marked.

    One query for each of ``COUNTS``, unless the page has counted it under that name itself.
    """
    request = context["request"]
    here = folder_of(request)
    if here == "imports" and _adds_people(context):
        here = "developers"
    counts = {
        name: count() if context.get(name) is None else context[name]
        for name, count in COUNTS.items()
    }
    sections = [
        {
            "label": section.label,
            "items": [
                {
                    "label": item.label,
                    "icon": item.icon,
                    "url": reverse(item.url_name),
                    "is_current": here in item.folders,
                    "count": counts.get(item.waiting, 0),
                }
                for item in section.items
            ],
        }
        for section in SIDEBAR
    ]
    return {"sections": sections, "service": context["service"], "request": request}


@register.filter
def pieces_of(conflict: TextConflict) -> list[Piece]:
    """What differs, from theirs to yours; nothing where comparing would take long."""
    if len(conflict.theirs) + len(conflict.yours) > MAX_COMPARED:
        return []
    return difference(conflict.theirs, conflict.yours)


def _adds_people(context: Context) -> bool:
    """Whether this page's import adds people, instead of inviting them."""
    import_ = context.get("import") or getattr(context.get("row"), "part_of", None)
    kind = import_.kind if import_ else context["request"].GET.get("kind")
    return bool(kind == Import.Kind.ADD)


@register.simple_tag(takes_context=True)
def mail_status(context: Context) -> MailStatus:
    """Whether letters leave; asked once a page, with one query."""
    request = context["request"]
    if not hasattr(request, "mail_status"):
        request.mail_status = status.mail_status()
    found: MailStatus = request.mail_status
    return found


@register.simple_tag
def mail_condition() -> str:
    """``off``, ``kept`` or ``working``: what the environment says, without a query."""
    return status.condition_by_setting()


@register.simple_tag
def inbox_url() -> str:
    """Where undelivered letters lie, while they go to the local inbox; empty otherwise."""
    backend = settings.MAILERS["default"]["BACKEND"]
    if settings.DEBUG and backend == INBOX_BACKEND:
        return reverse("mail_preview:index")
    return ""
