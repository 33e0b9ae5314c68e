"""The first administrator, and the way back in when all others are lost."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.actions import add_user
from accounts.models import Role
from base.variables import read_text


class Command(BaseCommand):
    help = "Add an active administrator. The password comes from APIM_ADMIN_PASSWORD or a prompt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--first-name", required=True)
        parser.add_argument("--last-name", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        password = read_text("APIM_ADMIN_PASSWORD") or getpass.getpass("Password: ")
        try:
            user = add_user(
                email=options["email"],
                first_name=options["first_name"],
                last_name=options["last_name"],
                password=password,
                must_change_password=False,
                roles=[Role.objects.administrators()],
                welcome=False,
                by=None,
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        self.stdout.write(
            f"{user.full_name} <{user.email}> is an administrator and can sign in now."
        )
