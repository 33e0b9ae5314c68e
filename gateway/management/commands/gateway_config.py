"""Configuration for a real gateway, from the catalog."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from base.variables import read_text
from gateway.registry.config import KINDS, PLACEHOLDER, render


class Command(BaseCommand):
    help = (
        "Write the configuration of a gateway to standard output. The secret comes from "
        "APIM_GATEWAY_SECRET; without it a placeholder stands in its place."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=list(KINDS))
        parser.add_argument("--listen", type=int, default=8080, help="The gateway's port.")
        parser.add_argument(
            "--check-url",
            default="",
            help="Where this service answers the gateway, for example http://10.0.0.5:8000.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        secret = read_text("APIM_GATEWAY_SECRET", PLACEHOLDER)
        text = render(
            options["kind"],
            listen=options["listen"],
            check_url=options["check_url"],
            secret=secret,
        )
        self.stdout.write(text)
