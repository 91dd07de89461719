"""Every point at which processes are killed is there."""

from __future__ import annotations

from pkgutil import resolve_name

import pytest

from tests.kills.points import NAMED


@pytest.mark.parametrize("says", NAMED)
def test_every_point_names_functions_of_the_product(says: str) -> None:
    assert all(callable(resolve_name(where)) for where in NAMED[says].where)
