"""What `dealgate.yaml` says of the service itself: how much it takes from whom, and who may look after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """How many requests a second are taken from one address, and how many that are believed from one CRM.

    What was not used within ten seconds may come at once. `proxies` are the addresses whose word on where a request
    comes from is taken.
    """

    per_address: float = 500
    per_crm: float = 500
    proxies: tuple[Network, ...] = field(default=())


def network(text: str) -> Network | None:
    """Read an address or a network; None where it is neither."""
    try:
        return ip_network(text)
    except ValueError:
        return None


def intake_settings(values: Mapping[str, Any]) -> IntakeSettings:
    """Read `intake`, whose proxies were looked at."""
    usual = IntakeSettings()
    return IntakeSettings(
        values.get("per_address", usual.per_address),
        values.get("per_crm", usual.per_crm),
        tuple(found for each in values.get("proxies", ()) if (found := network(str(each))) is not None),
    )
