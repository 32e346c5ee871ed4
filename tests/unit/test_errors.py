"""What a caller can rely on when something fails: one tree, facts as attributes, no secrets in any text."""

import pickle
import re
import subprocess
import sys

import pytest

from vedette import errors
from vedette.catalogue.machine_actions import MachineAction
from vedette.errors import (
    ActionFailed,
    ActionNotDone,
    ConfigurationError,
    NoAnswer,
    NotFound,
    PermissionDenied,
    QueryCancelled,
    QueryError,
    QueryFault,
    QueryLimitExceeded,
    QuerySyntaxError,
    RateLimited,
    ServiceError,
    SignInError,
    TokenInvalid,
    UnknownName,
    UnsupportedQuery,
    VedetteError,
)

TOKEN = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJhcGkifQ.c2lnbmF0dXJl"

ONE_OF_EACH: list[VedetteError] = [
    VedetteError("it failed", hint="try again"),
    ConfigurationError("unknown key 'tenat'", path="tenant.toml", line=3, nearest=["tenant"]),
    SignInError("refused", aadsts=65001, error="invalid_grant", suberror="consent_required", claims="{}"),
    TokenInvalid("the signature does not fit", check="signature"),
    ServiceError("failed", status=400, code="BadRequest", request_id="r1", operation="alerts.list"),
    NotFound("nothing", code="ResourceNotFound", operation="alerts.get"),
    PermissionDenied("refused", missing=["Alert.Read"], granted=["Machine.Read"]),
    RateLimited("too often", retry_after_s=7),
    NoAnswer("no answer", attempts=3, elapsed_s=12.5),
    ActionNotDone("still Pending", action=MachineAction(id="a1"), elapsed_s=600),
    ActionFailed("ended as Failed", action=MachineAction(id="a1", status="Failed")),
    QueryError("wrong", span=(3, 7), line=1, column=4),
    QuerySyntaxError("not KQL", span=(0, 1), line=1, column=1),
    UnknownName("no such table", nearest=["DeviceEvents"], span=(0, 12), line=1, column=1),
    UnsupportedQuery("refused", hint="use another operator"),
    QueryLimitExceeded("too long", limit="seconds", allowed=200, service_text="Query exceeded the timeout period."),
    QueryCancelled("stopped"),
    QueryFault("a fault", sql="SELECT 1"),
]

each_error = pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)


def test_the_tree_is_the_one_drawn_in_the_docstring() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").partition("```text\n")[2].partition("```")[0].splitlines():
        prefix, name = re.match(r"([│├└─ ]*)(\w+)", line).groups()  # type: ignore[union-attr]  # every line has a name
        depth = len(prefix) // 4
        path[depth:] = [name]
        drawn[name] = path[depth - 1] if depth else "Exception"

    actual = {name: getattr(errors, name).__bases__[0].__name__ for name in errors.__all__}
    assert actual == drawn


@each_error
def test_an_error_survives_pickling_with_all_its_facts(error: VedetteError) -> None:
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert (str(copy), repr(copy), vars(copy)) == (str(error), repr(error), vars(error))


@each_error
def test_the_text_is_a_sentence_and_then_a_hint(error: VedetteError) -> None:
    assert str(error) == (f"{error.message}\nhint: {error.hint}" if error.hint else error.message)


@pytest.mark.parametrize("text", [f"sent {TOKEN} to it", "Authorization: Bearer s3cr3t-opaque-token-value"])
def test_a_token_never_appears(text: str) -> None:
    error = ServiceError.from_answer(400, "BadRequest", text)

    for shown in (str(error), repr(error), str(error.args), str(VedetteError("x", hint=text))):
        assert TOKEN not in shown
        assert "s3cr3t" not in shown
    assert "[token]" in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidInput", ServiceError),
        (401, "Unauthorized", ServiceError),
        (403, "Forbidden", PermissionDenied),
        (403, "Authorization_RequestDenied", PermissionDenied),
        (403, "DisabledFeature", ServiceError),
        (403, "DisallowedOperation", ServiceError),
        (404, "NotFound", NotFound),
        (404, "ResourceNotFound", NotFound),
        (404, "", NotFound),
        (429, "TooManyRequests", RateLimited),
        (500, "InternalServerError", ServiceError),
    ],
)
def test_the_class_follows_from_code_and_status(status: int, code: str, kind: type[ServiceError]) -> None:
    error = ServiceError.from_answer(status, code, "reason", request_id="r1", operation="alerts.get")

    assert type(error) is kind
    assert (error.status, error.code, error.request_id, error.operation) == (status, code, "r1", "alerts.get")


def test_a_missing_permission_is_named_with_the_command_that_adds_it() -> None:
    error = ServiceError.from_answer(
        403, "Forbidden", operation="isolate", needed=["Machine.Isolate"], granted=["Machine.Read.All"]
    )

    assert isinstance(error, PermissionDenied)
    assert (error.missing, error.granted) == ({"Machine.Isolate"}, {"Machine.Read.All"})
    assert str(error) == (
        "isolate was refused (403): this token holds Machine.Read.All, and isolate needs Machine.Isolate.\n"
        "hint: vedette apps permissions add APP Machine.Isolate && vedette apps consent APP"
    )


def test_the_least_of_several_sufficient_permissions_is_advised() -> None:
    error = ServiceError.from_answer(403, operation="alerts.get", needed=["Alert.ReadWrite.All", "Alert.Read.All"])

    assert error.message == (
        "alerts.get was refused (403): this token holds no permission, "
        "and alerts.get needs Alert.Read.All or Alert.ReadWrite.All."
    )
    assert "add APP Alert.Read.All " in error.hint


def test_a_refusal_of_a_token_that_has_the_permission_points_to_the_user() -> None:
    error = ServiceError.from_answer(
        403,
        "Forbidden",
        "No access to the device",
        operation="isolate",
        needed=["Machine.Isolate"],
        granted=["Machine.Isolate"],
    )

    assert isinstance(error, PermissionDenied)
    assert error.missing == frozenset()
    assert error.message == "isolate was refused (403): No access to the device."
    assert error.hint == "Check the user's Defender role and device groups, and the app's permissions."


def test_a_rate_limit_says_how_long_to_wait() -> None:
    error = ServiceError.from_answer(429, "TooManyRequests", "Quota reached", retry_after_s=17, operation="alerts.list")

    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 17
    assert str(error) == "alerts.list was called too often (429 TooManyRequests): Quota reached. Wait 17 s."


def test_a_refused_sign_in_carries_what_the_answer_says() -> None:
    error = SignInError.from_answer(
        {
            "error": "invalid_grant",
            "suberror": "consent_required",
            "error_description": "AADSTS65001: The user has not consented. Trace ID: t Correlation ID: c",
            "error_codes": [65001],
            "trace_id": "t",
            "correlation_id": "c",
        }
    )

    assert (error.aadsts, error.error, error.suberror) == (65001, "invalid_grant", "consent_required")
    assert (error.trace_id, error.correlation_id) == ("t", "c")
    assert error.message == "sign-in was refused (invalid_grant, AADSTS65001): The user has not consented."
    assert "vedette apps consent APP" in error.hint


def test_of_two_numbers_the_telling_one_is_kept() -> None:
    error = SignInError.from_answer(
        {
            "error": "invalid_grant",
            "error_description": "AADSTS70002: Error.\r\nTrace ID: t",
            "error_codes": [70002, 54005],
        }
    )

    assert (error.aadsts, error.message) == (54005, "sign-in was refused (invalid_grant, AADSTS54005): Error.")


def test_a_number_that_stands_only_in_the_text_is_read() -> None:
    error = SignInError.from_answer({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid secret."})

    assert error.aadsts == 7000215


def test_an_answer_without_anything_is_still_an_error() -> None:
    assert str(SignInError.from_answer({})) == "sign-in was refused (no reason given)"


def test_importing_the_errors_loads_nothing_heavy() -> None:
    heavy = {"msal", "httpx2", "rich", "click"}
    script = f"import sys, vedette.errors; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
