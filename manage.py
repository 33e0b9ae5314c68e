#!/usr/bin/env python
"""Django's command line for this service."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

    from django.core.management import execute_from_command_line

    from base.variables import refusal_in_one_line

    with refusal_in_one_line():
        execute_from_command_line(sys.argv)
