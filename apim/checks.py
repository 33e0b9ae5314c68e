"""Start-up checks: what must not reach production."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from mail.webhooks import configured_provider


@register(Tags.security, deploy=True)
def letters_leave_the_machine(**kwargs: Any) -> list[CheckMessage]:
    """A production service whose letters stay in the local inbox loses every invitation."""
    if settings.MAIL_IS_OFF:
        return [
            checks.Warning(
                "Mail is off (APIM_MAIL_URL=none:): letters are held until somebody sends them.",
                hint="Hand links over yourself, or set APIM_MAIL_URL to smtp://, smtps:// or a provider.",
                id="apim.W001",
            )
        ]
    if settings.MAILERS["default"]["BACKEND"].startswith("django_mail_preview"):
        return [
            Error(
                "Mail is kept in the local inbox (APIM_MAIL_URL=inbox:).",
                hint="Set APIM_MAIL_URL to smtp://, smtps:// or a provider.",
                id="apim.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def reports_come_in(**kwargs: Any) -> list[CheckMessage]:
    """Without its webhook a provider cannot tell of a bounce, and letters look delivered."""
    provider = configured_provider()
    if provider and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return [
            checks.Warning(
                "The mail provider cannot report bounces: APIM_MAIL_WEBHOOK_SECRET is not set.",
                hint=f"Set it, and give the provider /mail/webhooks/{provider}/tracking/ (docs/mail.md).",
                id="apim.W002",
            )
        ]
    return []


@register()
def variables_have_their_present_names(**kwargs: Any) -> list[CheckMessage]:
    """Every command says so; a web process logs it (apim.start)."""
    return [
        checks.Warning(sentence, hint=f"Rename it to {name}.", id="apim.W003")
        for name, sentence in former_names().items()
    ]


def former_names() -> dict[str, str]:
    """A sentence for each variable that is set under a former name, by its present one."""
    return {
        name: f"{former} is called {name} now. It is still read under its former name."
        for former, name in settings.FORMER_VARIABLES.items()
    }
