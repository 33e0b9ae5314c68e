"""Why somebody can or cannot call an API, on the command line."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from catalog.access.explanation import Explanation, explain, explain_for
from catalog.access.steps import AccessStep
from catalog.keys import KEY_PATTERN
from catalog.models import Api, Key
from gateway.check.calls import find_refusal


class Command(BaseCommand):
    help = (
        "Print the steps behind the check's answer. Exit status 0 when the call passes, 1 when it is "
        "refused, 2 when the question makes no sense."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--person", help="Email address of the developer.")
        parser.add_argument("--api", help="Slug of the API.")
        parser.add_argument("--key", default="", help=f"Beginning of the key ({KEY_PATTERN}).")
        parser.add_argument("--reference", help="Reference of a refusal, instead of the others.")

    def handle(self, *args: Any, **options: Any) -> None:
        explanation = (
            self._of_reference(options["reference"])
            if options["reference"]
            else self._of_person(options)
        )
        if explanation is None:
            sys.exit(1)
        if explanation.key is not None:
            self.stdout.write(f"Key {explanation.key.masked}")
        for step in explanation.steps:
            mark = {True: "passes", False: "FAILS ", None: "-     "}[step.passes]
            self.stdout.write(f"{mark} {step.title}: {step.detail}")
            for line in _told(step):
                self.stdout.write(f"       {line}")
        self.stdout.write(
            "The call passes." if explanation.reason is None else "The call is refused."
        )
        if explanation.reason is not None:
            sys.exit(1)

    def _of_person(self, options: dict[str, Any]) -> Explanation:
        if not options["person"] or not options["api"]:
            raise CommandError("Give --person and --api, or --reference.", returncode=2)
        user = User.objects.by_address(options["person"])
        if user is None:
            raise CommandError(f"Nobody has the address {options['person']}.", returncode=2)
        api = Api.objects.filter(slug=options["api"]).first()
        if api is None:
            slugs = ", ".join(Api.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"No API is called {options['api']}. There are: {slugs}", returncode=2
            )
        found = explain_for(user=user, api=api, prefix=options["key"])
        if not found:
            raise CommandError(f"{user.full_name} has no key that begins so.", returncode=2)
        return found[0]

    def _of_reference(self, reference: str) -> Explanation | None:
        """The decision as it was; None where it named no key whose steps could be shown now."""
        refusal = find_refusal(reference)
        if refusal is None:
            raise CommandError(
                "No refusal has this reference. They are kept for 7 days.", returncode=2
            )
        self.stdout.write(f"{refusal.at:%Y-%m-%d %H:%M:%S} UTC  {refusal.method} {refusal.path}")
        self.stdout.write(f"Reason then: {refusal.get_reason_display()} ({refusal.reason})")
        api = Api.objects.filter(pk=refusal.api_pk).first()
        keys = Key.objects.select_related("subscription__owner", "subscription__product")
        key = keys.filter(pk=refusal.key_pk).first()
        if api is None or key is None:
            return None
        self.stdout.write(f"Now, for {key.subscription.owner.email} and {api.name}:")
        return explain(api=api, key=key)


def _told(step: AccessStep) -> list[str]:
    """Since when, and by whom as far as the journal knows."""
    lines = [f"since {step.since:%Y-%m-%d %H:%M} UTC"] if step.since else []
    if step.event is not None:
        by = step.event.actor_label or "the service"
        lines.append(f"{step.event.action}, {step.event.at:%Y-%m-%d %H:%M} UTC, {by}")
    return lines
