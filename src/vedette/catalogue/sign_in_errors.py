"""Why the sign-in service refuses: one row per AADSTS number, with what to do about it.

Numbers and texts may change; clients decide by `error` and `suberror`, and show the number to people. Texts here are
ours, close to the service's in meaning. Not here: how an answer is written (trace ids, time, Content-Type), which the
local tenant does, and the exception, which is `vedette.errors.SignInError`.

The same failure may carry another `error` elsewhere (a missing consent is `invalid_grant` at the token endpoint and
`consent_required` at the authorize page): ask `row.error_at(place)`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Place = Literal["token", "token v1", "authorize", "discovery"]
"""Where the error is met. `token` is the v2 token endpoint, and the v1 one where `token v1` says nothing else."""

Certainty = Literal["documented", "seen", "believed"]
"""From Microsoft's pages; in recorded answers; or long-standing but unconfirmed, so do not rely on it."""

SOURCE = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInErrorRow:
    """One way to be refused."""

    number: int | None
    """The AADSTS number. None: a plain OAuth error that has no confirmed number."""
    status: int
    """HTTP status; 302 where the error travels in a redirect."""
    error: str
    message: str
    """Text with named fields, such as `The resource {resource} was not found`."""
    hint: str
    """What to do, in one sentence."""
    suberror: str = ""
    elsewhere: tuple[tuple[Place, str], ...] = ()
    """Places where `error` differs."""
    has_claims: bool = False
    """The answer carries a claims challenge, to be passed back unchanged."""
    has_error_uri: bool = True
    """Whether the lookup page knows the number."""
    is_page: bool = False
    """At the authorize endpoint it is shown as a page, never sent to the redirect URI."""
    certainty: Certainty = "documented"
    note: str = ""

    @property
    def code(self) -> str:
        """`AADSTS65001`, or the OAuth error where there is no number."""
        return self.error if self.number is None else f"AADSTS{self.number}"

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields in `message`, each once, in order."""
        return tuple(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(self.message) if name))

    def error_at(self, place: Place) -> str:
        """The OAuth `error` that this place answers."""
        return dict(self.elsewhere).get(place, self.error)

    def text(self, **values: object) -> str:
        """The message with its fields filled in, preceded by the number.

        Raises: TypeError when a field is missing or does not exist; the set of fields is a contract.
        """
        if set(values) != set(self.fields):
            raise TypeError(f"{self.code} takes the fields {self.fields}, not {tuple(values)}")
        filled = self.message.format(**values)
        return filled if self.number is None else f"{self.code}: {filled}"


def _row(
    number: int | None,
    status: int,
    error: str,
    message: str,
    hint: str,
    *,
    suberror: str = "",
    elsewhere: tuple[tuple[Place, str], ...] = (),
    has_claims: bool = False,
    has_error_uri: bool = True,
    is_page: bool = False,
    certainty: Certainty = "documented",
    note: str = "",
) -> SignInErrorRow:
    return SignInErrorRow(
        number=number,
        status=status,
        error=error,
        message=message,
        hint=hint,
        suberror=suberror,
        elsewhere=elsewhere,
        has_claims=has_claims,
        has_error_uri=has_error_uri and number is not None,
        is_page=is_page,
        certainty=certainty,
        note=note,
    )


_REQUEST = (
    _row(
        900144,
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{name}'.",
        "Send the named parameter in the form body.",
    ),
    _row(
        90014,
        400,
        "invalid_request",
        "The required field '{name}' is missing from the credential.",
        "Send the named parameter in the form body.",
        note="The v1 endpoint's way of saying 900144.",
    ),
    _row(
        9002313,
        400,
        "invalid_request",
        "Invalid request. The request is malformed or invalid.",
        "Send the parameters once each, as application/x-www-form-urlencoded, with values percent-encoded.",
    ),
    _row(
        900561,
        405,
        "invalid_request",
        "The endpoint only accepts POST, OPTIONS requests. Received a {method} request.",
        "Send the request with POST.",
    ),
    _row(
        901002,
        400,
        "invalid_request",
        "The 'resource' request parameter is not supported.",
        "On the v2 endpoint name the resource in scope, such as https://api.securitycenter.microsoft.com/.default.",
    ),
    _row(
        9001023,
        400,
        "invalid_request",
        "The grant type is not supported over the /common or /consumers endpoints. "
        "Use the /organizations or a tenant-specific endpoint.",
        "Name the tenant: use its id or domain in the authority.",
    ),
    _row(
        70003,
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant_type}'.",
        "Use password, client_credentials, authorization_code, refresh_token, device_code or on-behalf-of.",
    ),
    _row(
        70005,
        302,
        "unsupported_response_type",
        "The app asked for a response type that is not supported: '{response_type}'.",
        "Ask for response_type=code.",
    ),
    _row(
        700054,
        302,
        "unsupported_response_type",
        "response_type 'id_token' is not enabled for the application.",
        "Ask for response_type=code, or enable ID tokens on the app registration.",
    ),
    _row(
        70007,
        400,
        "invalid_request",
        "'{response_mode}' is not a supported value of response_mode.",
        "Use query, fragment or form_post.",
        is_page=True,
    ),
)

_TENANT = (
    _row(
        50059,
        400,
        "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided credentials.",
        "Name the tenant: use its id or domain in the authority.",
    ),
    _row(
        900023,
        400,
        "invalid_request",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
        "Use the tenant's id (a GUID) or one of its domains.",
        is_page=True,
    ),
    _row(
        90002,
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check that the tenant ID is right and that the cloud is the right one.",
        "Check the tenant id, and that --cloud names the cloud it lives in.",
        elsewhere=(("discovery", "invalid_tenant"),),
        is_page=True,
        certainty="seen",
        note="Seen at discovery; what the token endpoint answers is believed.",
    ),
    _row(
        50194,
        400,
        "invalid_request",
        "Application '{client_id}'({name}) is not configured as a multi-tenant application. "
        "Use a tenant-specific endpoint.",
        "Sign in through the tenant's own authority, or let the app serve more than one tenant.",
        certainty="believed",
    ),
    _row(
        50049,
        400,
        "invalid_instance",
        "Unknown or invalid instance '{host}'.",
        "Turn instance discovery off for an authority of your own, or go through the tenant's proxy.",
    ),
    _row(
        50050,
        400,
        "invalid_request",
        "The instance discovery request is malformed.",
        "Send api-version and authorization_endpoint, an https URL with host and tenant.",
        note="The page names the number; its error value is not stated.",
    ),
)

_CLIENT = (
    _row(
        700016,
        400,
        "unauthorized_client",
        "Application with identifier '{client_id}' was not found in the directory '{tenant}'. "
        "It may not be installed there, or the request went to the wrong tenant.",
        "Check client id and tenant; `vedette apps list` shows the apps of the tenant.",
        is_page=True,
        certainty="seen",
    ),
    _row(
        700038,
        400,
        "unauthorized_client",
        "'{client_id}' is not a valid application identifier.",
        "Use the application (client) id, a GUID, not the app's name or object id.",
        is_page=True,
        certainty="believed",
    ),
    _row(
        70001,
        400,
        "unauthorized_client",
        "The application '{client_id}' is disabled.",
        "Ask an administrator to enable the app.",
    ),
    _row(
        7000112,
        401,
        "unauthorized_client",
        "Application '{client_id}'({name}) is disabled.",
        "Ask an administrator to enable the app.",
        note="Answers with 400 are known too.",
    ),
    _row(
        7000215,
        401,
        "invalid_client",
        "Invalid client secret provided. Send the client secret value, not the client secret ID, "
        "for a secret added to app '{client_id}'.",
        "Send the secret's value, not its id; `vedette apps secret add APP` makes a new one.",
    ),
    _row(
        7000222,
        401,
        "invalid_client",
        "The provided client secret keys for app '{client_id}' are expired.",
        "Make a new secret: `vedette apps secret add APP`.",
    ),
    _row(
        7000216,
        401,
        "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        "Send the app's secret or certificate; public clients cannot act on their own.",
    ),
    _row(
        7000218,
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        "Send the app's secret, or allow public client flows on the app registration.",
        certainty="seen",
    ),
    _row(
        700025,
        401,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
        "Leave the secret out: the app is a public client.",
    ),
    _row(
        700027,
        401,
        "invalid_client",
        "Client assertion failed signature validation: no key of the app has the thumbprint '{thumbprint}'.",
        "Add the certificate to the app registration, or sign with the one that is there.",
    ),
    _row(
        50027,
        401,
        "invalid_client",
        "JWT token is invalid or malformed.",
        "Send a signed JWT of three parts as client_assertion.",
    ),
    _row(
        700021,
        401,
        "invalid_client",
        "Client assertion's audience '{audience}' does not name this token endpoint.",
        "Set aud of the assertion to the token endpoint of the discovery document.",
        note="One of two numbers for a wrong audience or time; which means which is not confirmed.",
    ),
    _row(
        700024,
        401,
        "invalid_client",
        "Client assertion is not within its valid time range.",
        "Check the clock, and let the assertion live for no more than ten minutes.",
        note="One of two numbers for a wrong audience or time; which means which is not confirmed.",
    ),
    _row(
        50048,
        401,
        "invalid_client",
        "The subject of the client assertion must match its issuer.",
        "Set both iss and sub of the assertion to the client id.",
    ),
    _row(
        700213,
        401,
        "invalid_client",
        "No matching federated identity record found for the presented assertion's subject '{subject}'.",
        "Add a federated credential with this issuer, subject and audience to the app.",
    ),
    _row(
        9002327,
        400,
        "invalid_request",
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
        "Register the redirect URI as a public client or web one, or redeem the code in the browser.",
        note="Status and error are believed.",
    ),
)

_USER = (
    _row(
        50034,
        400,
        "invalid_grant",
        "The user account {{EmailHidden}} does not exist in the {tenant} directory. "
        "The account has to be added to the directory before it can sign in.",
        "Check the user name, and that the tenant is the user's own.",
        certainty="seen",
    ),
    _row(
        50126,
        400,
        "invalid_grant",
        "Error validating credentials due to invalid username or password.",
        "Check user name and password; a password with +, & or % must be percent-encoded in the body.",
    ),
    _row(
        50053,
        400,
        "invalid_grant",
        "The account is locked: there were too many sign-ins with a wrong user ID or password.",
        "Wait a minute before trying again; each further failure lengthens the wait.",
    ),
    _row(
        50055,
        400,
        "invalid_grant",
        "The password is expired.",
        "Change the password in a browser, then sign in again.",
        suberror="user_password_expired",
    ),
    _row(
        50056,
        400,
        "invalid_grant",
        "Invalid or null password: the password does not exist in the directory for this user.",
        "Give the user a password, or sign in with device code or browser.",
    ),
    _row(
        50057,
        400,
        "invalid_grant",
        "The user account is disabled.",
        "Ask an administrator to enable the account.",
    ),
    _row(
        50076,
        400,
        "invalid_grant",
        "Due to a configuration change made by the administrator, or a new location, "
        "multi-factor authentication is needed to access '{resource}'.",
        "A password alone cannot do this; sign in with `vedette login --device-code` or the browser.",
        suberror="basic_action",
        elsewhere=(("token v1", "interaction_required"), ("authorize", "interaction_required")),
        has_claims=True,
        certainty="seen",
    ),
    _row(
        50079,
        400,
        "invalid_grant",
        "Due to a configuration change made by the administrator, or a new location, "
        "multi-factor authentication has to be set up to access '{resource}'.",
        "Set up multi-factor authentication in a browser, then sign in with device code or browser.",
        suberror="basic_action",
        elsewhere=(("token v1", "interaction_required"), ("authorize", "interaction_required")),
        has_claims=True,
        certainty="seen",
    ),
    _row(
        50158,
        400,
        "invalid_grant",
        "External security challenge not satisfied.",
        "Sign in with device code or browser to meet the challenge.",
        suberror="basic_action",
    ),
    _row(
        53000,
        400,
        "invalid_grant",
        "The device is not compliant, and Conditional Access requires a compliant one.",
        "Sign in from a device that the organization manages.",
        suberror="message_only",
        has_claims=True,
    ),
    _row(
        53001,
        400,
        "invalid_grant",
        "The device is not domain joined, and Conditional Access requires one that is.",
        "Sign in from a device that is joined to the organization.",
        suberror="message_only",
        has_claims=True,
    ),
    _row(
        53003,
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies; they do not allow token issuance.",
        "Ask an administrator which policy blocks the sign-in.",
        suberror="message_only",
        has_claims=True,
    ),
    _row(
        50105,
        400,
        "invalid_grant",
        "The signed in user '{{EmailHidden}}' is not assigned to a role for the application '{client_id}'({name}).",
        "Ask an administrator to assign the user to the app.",
    ),
    _row(
        50020,
        400,
        "invalid_grant",
        "User account '{{EmailHidden}}' from identity provider '{provider}' does not exist in tenant '{tenant}'.",
        "Sign in with an account of the tenant, or have this one invited as a guest.",
    ),
    _row(
        50058,
        302,
        "login_required",
        "A silent sign-in request was sent but no user is signed in.",
        "Sign in again without prompt=none.",
    ),
)

_CONSENT_AND_RESOURCE = (
    _row(
        65001,
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{client_id}' named '{name}'. "
        "Send an interactive authorization request for this user and resource.",
        "Grant consent, then ask again with a new token request: `vedette apps consent APP`.",
        suberror="consent_required",
        elsewhere=(("authorize", "consent_required"),),
        has_error_uri=False,
        certainty="seen",
    ),
    _row(
        65004,
        302,
        "access_denied",
        "User declined to consent to access the app.",
        "Sign in again and accept, or have an administrator grant consent: `vedette apps consent APP`.",
    ),
    _row(
        90094,
        302,
        "consent_required",
        "An administrator has to grant the permissions that the app asks for.",
        "Have an administrator grant consent: `vedette apps consent APP`.",
        note="access_denied is known too.",
    ),
    _row(
        65005,
        400,
        "invalid_client",
        "The application is misconfigured: its required resource access does not fit '{resource}'.",
        "Check the app's permissions: `vedette apps show APP`.",
        note="invalid_resource is known too.",
    ),
    _row(
        650057,
        400,
        "invalid_client",
        "Invalid resource. The client has requested access to a resource which is not listed in the requested "
        "permissions in the client's application registration. Client app ID: {client_id}({name}). "
        "Resource value from request: {resource}. Resource app ID: {resource_app_id}. "
        "List of valid resources from app registration: {valid_resources}.",
        "Add a permission of the API to the app first: `vedette apps permissions add APP Alert.Read`.",
        certainty="seen",
        note="Seen in a redirect; the status at the token endpoint is not confirmed.",
    ),
    _row(
        500011,
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant}.",
        "Ask for https://api.securitycenter.microsoft.com, and check that the tenant uses Defender for Endpoint.",
    ),
    _row(
        50001,
        400,
        "invalid_resource",
        "The resource named '{resource}' is missing or disabled.",
        "Send resource=https://api.securitycenter.microsoft.com.",
        certainty="seen",
    ),
    _row(
        70011,
        400,
        "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid.",
        "Ask for RESOURCE/.default alone, or for published permissions of one resource.",
        has_error_uri=False,
    ),
    _row(
        28002,
        400,
        "invalid_request",
        "The provided value for the input parameter scope '{scope}' is not valid when requesting an access token.",
        "Ask for RESOURCE/.default alone, or for published permissions of one resource.",
    ),
    _row(
        28003,
        400,
        "invalid_request",
        "The provided value for the input parameter scope must not be empty when requesting an access token "
        "with the provided authorization code.",
        "Send a scope, or leave the parameter out.",
        certainty="seen",
    ),
    _row(
        1002012,
        400,
        "invalid_scope",
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
        "with /.default suffixed to the resource identifier (application ID URI).",
        "Ask for https://api.securitycenter.microsoft.com/.default.",
        certainty="seen",
    ),
    _row(
        700022,
        400,
        "invalid_scope",
        "The provided value for the input parameter scope '{scope}' is not valid "
        "because it contains more than one resource.",
        "Ask for the permissions of one resource per token.",
    ),
)

_REDIRECT_AND_CODE = (
    _row(
        50011,
        400,
        "invalid_request",
        "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured "
        "for the application '{client_id}'.",
        "Register the redirect URI exactly; only the port of http://localhost may differ.",
        is_page=True,
    ),
    _row(
        900971,
        400,
        "invalid_request",
        "No reply address is registered for the application '{client_id}'.",
        "Add a redirect URI to the app registration, such as http://localhost.",
        is_page=True,
    ),
    _row(
        500112,
        400,
        "invalid_client",
        "The reply address '{redirect_uri}' does not match the reply address '{expected}' "
        "provided when requesting the authorization code.",
        "Send the same redirect_uri to the token endpoint as to the authorize page.",
        certainty="believed",
    ),
    _row(
        70008,
        400,
        "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity.",
        "Sign in again.",
    ),
    _row(
        54005,
        400,
        "invalid_grant",
        "OAuth2 authorization code was already redeemed; retry with a new valid code or use an existing refresh token.",
        "Sign in again: a code is good for one use.",
    ),
    _row(
        700005,
        400,
        "invalid_grant",
        "The provided authorization code is intended to be used against another tenant, thus rejected.",
        "Redeem the code at the tenant that issued it.",
    ),
    _row(
        501481,
        400,
        "invalid_grant",
        "The code_verifier does not match the code_challenge supplied in the authorization request.",
        "Send the verifier that belongs to this sign-in's challenge.",
    ),
    _row(
        501491,
        400,
        "invalid_request",
        "Invalid size of code_challenge parameter.",
        "Send an S256 challenge: 43 base64url characters.",
        note="Status and error are believed.",
    ),
    _row(
        50147,
        400,
        "invalid_request",
        "Missing or invalid code_challenge parameter.",
        "Send code_challenge with code_challenge_method=S256.",
        note="Status and error are believed.",
    ),
)

_REFRESH_AND_ASSERTION = (
    _row(
        700082,
        400,
        "invalid_grant",
        "The refresh token has expired due to inactivity.",
        "Sign in again.",
        suberror="token_expired",
        note="bad_token is known too.",
    ),
    _row(
        700084,
        400,
        "invalid_grant",
        "The refresh token was issued to a single page app and has a fixed, limited lifetime that is over.",
        "Sign in again.",
    ),
    _row(
        70043,
        400,
        "invalid_grant",
        "The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access.",
        "Sign in again: the organization wants that from time to time.",
        certainty="seen",
        note="The number is seen; which suberror goes with it is not.",
    ),
    _row(
        70000,
        400,
        "invalid_grant",
        "The provided grant is invalid or malformed.",
        "Sign in again; the token or code is damaged, revoked, or belongs to another app.",
        suberror="bad_token",
    ),
    _row(
        50173,
        400,
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        "Sign in again: the password was changed, or an administrator ended the sessions.",
        suberror="bad_token",
    ),
    _row(
        50013,
        400,
        "invalid_grant",
        "Assertion failed signature validation.",
        "Send the access token that your API received, unchanged.",
    ),
    _row(
        500133,
        400,
        "invalid_grant",
        "Assertion is not within its valid time range.",
        "Send an access token that is still valid.",
    ),
    _row(
        500131,
        400,
        "invalid_grant",
        "Assertion audience does not match the Client app presenting the assertion.",
        "Send an access token whose audience is this app.",
    ),
    _row(
        7000114,
        400,
        "unauthorized_client",
        "Application '{client_id}' is not allowed to make application on-behalf-of calls.",
        "Send a user's token: app-only tokens cannot be exchanged.",
    ),
    _row(
        240002,
        400,
        "invalid_grant",
        "Input id_token cannot be used as 'urn:ietf:params:oauth:grant-type:jwt-bearer' grant.",
        "Send an access token, not an ID token.",
    ),
)

_DEVICE = (
    _row(
        70016,
        400,
        "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        "Keep polling until the user has entered the code.",
    ),
    _row(
        70018,
        400,
        "bad_verification_code",
        "Invalid verification code: the user or device code is wrong.",
        "Start the device sign-in again.",
        certainty="believed",
        note="The number stands for a family; which member comes when is not confirmed.",
    ),
    _row(
        70019,
        400,
        "expired_token",
        "The device code has expired.",
        "Start the device sign-in again and enter the code within 15 minutes.",
        note="On the reference list; 70020 is what real answers carry.",
    ),
    _row(
        70020,
        400,
        "expired_token",
        "This device code has expired.",
        "Start the device sign-in again and enter the code within 15 minutes.",
        certainty="seen",
    ),
)

_SERVICE = (
    _row(
        50196,
        400,
        "invalid_grant",
        "The server terminated an operation because it encountered a client request loop.",
        "Keep tokens and reuse them; wait before asking again.",
    ),
    _row(
        90033,
        503,
        "temporarily_unavailable",
        "A transient error has occurred. Please try again.",
        "Try again after the seconds that Retry-After names.",
    ),
    _row(
        90006,
        503,
        "temporarily_unavailable",
        "The service is temporarily unavailable.",
        "Try again after the seconds that Retry-After names.",
        certainty="believed",
        note="500 with server_error is known for this family.",
    ),
    _row(
        90024,
        503,
        "temporarily_unavailable",
        "The request took too long: its budget was exceeded.",
        "Try again after the seconds that Retry-After names.",
        certainty="believed",
        note="500 with server_error is known for this family.",
    ),
)


def _by_number(*groups: tuple[SignInErrorRow, ...]) -> Mapping[int, SignInErrorRow]:
    return MappingProxyType({row.number: row for group in groups for row in group if row.number is not None})


SIGN_IN_ERRORS: Mapping[int, SignInErrorRow] = _by_number(
    _REQUEST,
    _TENANT,
    _CLIENT,
    _USER,
    _CONSENT_AND_RESOURCE,
    _REDIRECT_AND_CODE,
    _REFRESH_AND_ASSERTION,
    _DEVICE,
    _SERVICE,
)
"""Every numbered row."""

OAUTH_ERRORS: Mapping[str, SignInErrorRow] = MappingProxyType(
    {
        row.error: row
        for row in (
            _row(
                None,
                400,
                "slow_down",
                "Polling is too fast.",
                "Poll five seconds less often.",
                note="From RFC 8628; the service hardly ever sends it.",
            ),
            _row(
                None,
                400,
                "authorization_declined",
                "The end user denied the authorization request.",
                "Start the device sign-in again and accept.",
                note="RFC 8628 calls it access_denied.",
            ),
            _row(
                None,
                400,
                "bad_verification_code",
                "The device code was not recognized.",
                "Start the device sign-in again.",
            ),
            _row(None, 302, "access_denied", "The user cancelled the sign-in.", "Sign in again and accept."),
            _row(
                None,
                302,
                "interaction_required",
                "The request needs the user, and prompt=none forbids asking.",
                "Sign in again without prompt=none.",
            ),
            _row(
                None,
                429,
                "temporarily_unavailable",
                "Too many requests.",
                "Try again after the seconds that Retry-After names.",
                certainty="believed",
                note="Status 429 and Retry-After are certain, the error value is not.",
            ),
        )
    }
)
"""Errors without a confirmed number, by `error`."""

SUBERRORS: Mapping[str, str] = MappingProxyType(
    {
        "basic_action": "The user can put it right in an interactive sign-in.",
        "additional_action": "The user can put it right outside the sign-in.",
        "message_only": "There is nothing the user can do; show the message.",
        "consent_required": "Consent is missing.",
        "user_password_expired": "The password has to be changed.",
        "bad_token": "The grant is no longer good.",
        "token_expired": "The grant's time is over.",
        "client_mismatch": "The grant belongs to another app.",
        "protection_policy_required": "The device needs an app protection policy.",
        "device_authentication_failed": "The device could not be recognized.",
    }
)
"""What `suberror` says beside `error`."""


def hint_for(number: int | None, error: str = "", suberror: str = "") -> str:
    """What to do about a refusal: by number, else by `error`, else by `suberror`. Empty when nothing is known."""
    if number is not None and number in SIGN_IN_ERRORS:
        return SIGN_IN_ERRORS[number].hint
    if error in OAUTH_ERRORS:
        return OAUTH_ERRORS[error].hint
    return SUBERRORS.get(suberror, "")
