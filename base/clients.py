"""The address a request really came from."""

import ipaddress

from django.conf import settings


def client_address(remote: str, forwarded_for: str) -> str:
    """The nearest address in the chain that is not one of our proxies.

    ``forwarded_for`` is only believed as far as ``APIM_TRUSTED_PROXIES`` reach: read from the
    right, each trusted hop vouches for the one before it.
    """
    address = remote
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    while hops and is_trusted_proxy(address):
        hop = hops.pop()
        try:
            ipaddress.ip_address(hop)
        except ValueError:
            break
        address = hop
    return address


def is_trusted_proxy(address: str) -> bool:
    """Whether the address belongs to one of ``APIM_TRUSTED_PROXIES``."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in settings.TRUSTED_PROXIES)
