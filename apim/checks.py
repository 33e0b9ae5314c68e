"""Start-up checks: what must not reach production."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def letters_leave_the_machine(**kwargs: Any) -> list[Error]:
    """A production service whose letters stay in the local inbox loses every invitation."""
    if settings.MAILERS["default"]["BACKEND"].startswith("django_mail_preview"):
        return [
            Error(
                "Mail is kept in the local inbox (APIM_MAIL_URL=inbox:).",
                hint="Set APIM_MAIL_URL to smtp://, smtps:// or a provider.",
                id="apim.E001",
            )
        ]
    return []
