"""Importing the package is cheap, and every public name is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import vedette

HEAVY = ("msal", "httpx2", "duckdb", "pyarrow", "starlette", "uvicorn", "cryptography", "rich", "requests")


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_vedette_loads_nothing_heavy() -> None:
    assert loaded_by("import vedette") & {*HEAVY, "msgspec", "vedette.errors"} == set()


def test_a_client_with_a_token_loads_no_sign_in_library() -> None:
    statement = "from vedette import Defender; Defender.from_token('t').alerts"

    assert loaded_by(statement) & {*HEAVY, "asyncio"} - {"httpx2"} == set()


def test_making_a_credential_loads_msal_only_when_it_is_used() -> None:
    statement = "from vedette import DeviceCodeCredential; DeviceCodeCredential(tenant_id='t', client_id='c')"

    assert loaded_by(statement) & {*HEAVY} == set()


@pytest.mark.parametrize("name", vedette.__all__)
def test_public_names_exist_and_are_documented(name: str) -> None:
    value = getattr(vedette, name)

    assert value.__doc__


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Defnder"):
        _ = vedette.Defnder


def test_names_are_listed() -> None:
    assert set(vedette.__all__) <= set(dir(vedette))
