"""A secret never prints, whatever prints it."""

from __future__ import annotations

import pickle

import pytest

from connectors.secret import Secret


def test_a_secret_prints_as_stars_however_it_is_printed() -> None:
    secret = Secret("hunter2")
    assert {str(secret), repr(secret), f"{secret}", f"{secret!r:>3}", str([secret])[1:-1]} == {"***"}
    assert secret.reveal() == "hunter2"


def test_a_secret_cannot_be_written_to_disk() -> None:
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(Secret("hunter2"))


def test_secrets_compare_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert not Secret("")
