"""What a refused sign-in tells its caller to do names the app that it is about."""

from __future__ import annotations

import pytest

from vedette import SignInError
from vedette.catalogue.sign_in_errors import SIGN_IN_ERRORS

ID = "3de065bd-1e80-5907-8fb7-ab780c256cc3"


@pytest.mark.parametrize(
    ("number", "fields", "command"),
    [
        (65001, {"client_id": ID, "name": "SOC CLI"}, "`vedette apps consent 'SOC CLI'`"),
        (7000215, {"client_id": ID}, f"`vedette apps secret add {ID}`"),
        (7000222, {"client_id": ID}, f"`vedette apps secret add {ID}`"),
        (
            650057,
            {
                "client_id": ID,
                "name": "desk",
                "resource": "https://graph.microsoft.com",
                "resource_app_id": ID,
                "valid_resources": "none",
            },
            "`vedette apps permissions add desk Alert.Read`",
        ),
    ],
)
def test_the_command_names_the_app(number: int, fields: dict[str, str], command: str) -> None:
    text = SIGN_IN_ERRORS[number].text(**fields)
    error = SignInError.from_answer({"error": "e", "error_description": text, "error_codes": [number]})

    assert command in error.hint


def test_a_name_cannot_smuggle_in_a_command() -> None:
    text = SIGN_IN_ERRORS[65001].text(client_id=ID, name="x; rm -rf ~")
    error = SignInError.from_answer({"error": "invalid_grant", "error_description": text, "error_codes": [65001]})

    assert "`vedette apps consent 'x; rm -rf ~'`" in error.hint


def test_without_a_name_the_place_stays() -> None:
    assert "consent APP`" in SignInError.from_answer({"error": "invalid_grant", "error_codes": [65001]}).hint
