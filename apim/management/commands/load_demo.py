"""What `make run` shows."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apim import demo


class Command(BaseCommand):
    help = "Load the demo data (APIM_DEBUG=1 only) and print where everything is."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--migrate", action="store_true", help="Bring the databases up to date first."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo data exists only under APIM_DEBUG=1.")
        if options["migrate"]:
            call_command("migrate", verbosity=0, interactive=False)
        demo.load()
        lines = {
            "Management console": f"{settings.PUBLIC_URL}/console/",
            "Developer portal": f"{settings.PUBLIC_URL}/",
            "Local mail inbox": f"{settings.PUBLIC_URL}/inbox/",
            "Administrator": f"{demo.ADMINISTRATOR}  password: {demo.PASSWORD}",
            "Developer": f"{demo.DEVELOPER}  password: {demo.PASSWORD}",
        }
        self.stdout.write("\n".join(f"  {name:<20}{value}" for name, value in lines.items()) + "\n")
