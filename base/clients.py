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
        hop = _address_of_hop(hops.pop())
        if hop is None:
            break
        address = hop
    return address


def _address_of_hop(hop: str) -> str | None:
    """Some proxies write a port behind it: ``203.0.113.7:5678``, ``[2001:db8::1]:443``."""
    host = hop.strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(_parsed(host))
    except ValueError:
        return None


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An IPv4 address seen through an IPv6 socket is that IPv4 address."""
    parsed = ipaddress.ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


def is_trusted_proxy(address: str) -> bool:
    """Whether the address belongs to one of ``APIM_TRUSTED_PROXIES``."""
    try:
        parsed = _parsed(address)
    except ValueError:
        return False
    return any(parsed in network for network in settings.TRUSTED_PROXIES)
