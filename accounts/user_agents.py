"""What a person calls the browser they sit at, out of the header it sends."""

from django.utils.translation import gettext as _
from ua_parser import parse


def device_name(user_agent: str) -> str:
    """For example "Firefox on Linux"; what cannot be read is an unknown browser."""
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else _("Unknown browser")
    if found.os is None:
        return browser
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": found.os.family}
