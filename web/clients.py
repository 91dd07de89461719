"""Where a request comes from, behind proxies whose word is taken and no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope

from engine.runs.service_settings import Network

FORWARDED = b"x-forwarded-for"
HOUSE = 64
"""How many bits of an IPv6 address name a customer of a network, who chooses the rest at will."""
UNKNOWN = "unknown"
Address = IPv4Address | IPv6Address


def client_of(scope: Scope, proxies: tuple[Network, ...]) -> str:
    """Name who sent a request: the last address on its way that is none of our proxies; IPv6 by its network.

    What lies before that address in `X-Forwarded-For` was written by whoever sent the request, and is not read.
    """
    found: Address | None = None
    for address in _way_back(scope):
        found = address
        if not any(address in each for each in proxies):
            break
    return UNKNOWN if found is None else _named(found)


def _way_back(scope: Scope) -> Iterator[Address]:
    """Give the addresses a request came over, the nearest first, up to one that is none."""
    peer = scope.get("client")
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == FORWARDED]
    way = [*",".join(forwarded).split(","), peer[0] if peer else ""]
    with suppress(ValueError):
        for each in reversed(way):
            yield _plain(ip_address(each.strip()))


def _plain(address: Address) -> Address:
    """Give an IPv4 address that is written as IPv6 as what it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _named(address: Address) -> str:
    return str(address) if isinstance(address, IPv4Address) else str(ip_network((int(address), HOUSE), strict=False))
