"""Sign-in errors: every known number, with the status, `error` and `suberror` that clients decide by."""

import os
import re
from pathlib import Path

import pytest

from vedette.catalogue.sign_in_errors import OAUTH_ERRORS, SIGN_IN_ERRORS, SUBERRORS, SignInErrorRow, hint_for

ALL = [*SIGN_IN_ERRORS.values(), *OAUTH_ERRORS.values()]
each_row = pytest.mark.parametrize("row", ALL, ids=lambda row: row.code)


@pytest.fixture(scope="module")
def facts() -> str:
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS names no folder with the documented facts")
    return (Path(folder) / "entra.md").read_text("utf-8")


def _error_table(facts: str) -> list[tuple[list[int], str, str, str]]:
    """Rows of the error table: numbers, status, error, suberror, as printed."""
    section = facts.partition("## 3. Errors")[2].partition("## 4. Tokens")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")
    ]
    return [
        ([int(n) for n in re.findall(r"\d+", row[0])], row[1], row[2], row[3])
        for row in rows
        if re.match(r"\d", row[0]) and row[0] != "429"
    ]


def test_every_number_of_the_documented_table_has_a_row(facts: str) -> None:
    numbers = {number for numbers, *_ in _error_table(facts) for number in numbers}

    assert len(numbers) > 70
    assert numbers <= set(SIGN_IN_ERRORS)


def test_status_error_and_suberror_are_among_the_documented_values(facts: str) -> None:
    for numbers, status, error, suberror in _error_table(facts):
        for number in numbers:
            row = SIGN_IN_ERRORS[number]
            if "redirect" in status:
                assert row.status == 302, number
            elif documented := re.findall(r"\d{3}", status):
                assert str(row.status) in documented, number
            if names := re.findall(r"[a-z]+_[a-z_]+", error):
                assert {row.error, *(other for _, other in row.elsewhere)} <= {*names, "interaction_required"}, number
            assert row.suberror in re.split(r"/| or ", suberror), number


def test_every_number_named_anywhere_has_a_row(facts: str) -> None:
    named = {int(n) for n in re.findall(r"AADSTS(\d{5,})", facts)}

    assert named <= set(SIGN_IN_ERRORS)


@each_row
def test_a_row_can_be_said_and_acted_upon(row: SignInErrorRow) -> None:
    text = row.text(**dict.fromkeys(row.fields, "x"))

    assert text.startswith(row.code if row.number else row.message)
    assert row.hint.endswith(".")
    assert "\n" not in row.hint
    assert row.suberror in {"", *SUBERRORS}


@each_row
def test_status_follows_the_place_where_the_error_is_met(row: SignInErrorRow) -> None:
    assert row.status in {302, 400, 401, 405, 429, 503}
    if row.status == 401:
        assert row.error in {"invalid_client", "unauthorized_client"}
    if row.error == "invalid_grant":
        assert row.status == 400


def test_keys_are_the_rows_own_names() -> None:
    assert all(number == row.number for number, row in SIGN_IN_ERRORS.items())
    assert all(error == row.error and row.number is None for error, row in OAUTH_ERRORS.items())


def test_missing_consent_names_the_command_that_gives_it() -> None:
    row = SIGN_IN_ERRORS[65001]

    assert (row.status, row.error, row.suberror) == (400, "invalid_grant", "consent_required")
    assert row.error_at("authorize") == "consent_required"
    assert not row.has_error_uri
    assert "vedette apps consent APP" in row.hint


def test_required_second_factor_differs_by_endpoint_version() -> None:
    row = SIGN_IN_ERRORS[50076]

    assert row.has_claims
    assert row.error_at("token") == "invalid_grant"
    assert row.error_at("token v1") == "interaction_required"


def test_an_unknown_tenant_differs_at_discovery() -> None:
    assert SIGN_IN_ERRORS[90002].error_at("discovery") == "invalid_tenant"
    assert SIGN_IN_ERRORS[90002].error_at("token") == "invalid_request"


def test_an_unknown_user_is_never_named_in_the_text() -> None:
    text = SIGN_IN_ERRORS[50034].text(tenant="contoso.com")

    assert text.startswith("AADSTS50034: The user account {EmailHidden} does not exist in the contoso.com directory")


def test_a_bad_redirect_uri_is_shown_never_redirected_to() -> None:
    assert {row.number for row in SIGN_IN_ERRORS.values() if row.is_page} >= {700016, 90002, 50011, 900971}


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r"AADSTS900144 takes the fields \('name',\)"):
        SIGN_IN_ERRORS[900144].text()


def test_a_hint_is_found_by_number_then_error_then_suberror() -> None:
    assert hint_for(50057) == SIGN_IN_ERRORS[50057].hint
    assert hint_for(1, "slow_down") == OAUTH_ERRORS["slow_down"].hint
    assert hint_for(None, "invalid_grant", "bad_token") == SUBERRORS["bad_token"]
    assert hint_for(None) == ""
