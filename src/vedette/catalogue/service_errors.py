"""The error codes of the Defender API: status, text, meaning. And those of the Graph calls that register apps.

The body is `{"error": {"code", "message", "target"}}`, where `target` is an id of the failed request. Messages are free
text that may change: clients decide by code and status. Not here: errors of the sign-in service (`sign_in_errors`), and
the choice of an exception class (`vedette.errors`).
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SOURCE = "https://learn.microsoft.com/defender-endpoint/api/common-errors"


@dataclass(frozen=True, slots=True)
class ServiceErrorRow:
    """One error code, with the text that comes with it."""

    code: str
    status: int
    message: str
    """Text with named fields, such as `Invalid input {input}`."""
    meaning: str
    is_text_documented: bool = True
    """False: the page says when the code comes, not in which words; the text is ours."""
    note: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields in `message`, in order."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.message) if name)

    def text(self, **values: object) -> str:
        """The message with its fields filled in.

        Raises: TypeError when a field is missing or does not exist; the set of fields is a contract.
        """
        if set(values) != set(self.fields):
            raise TypeError(f"{self.code} takes the fields {self.fields}, not {tuple(values)}")
        return self.message.format(**values)


def _by_code(*rows: ServiceErrorRow) -> Mapping[str, ServiceErrorRow]:
    return MappingProxyType({row.code: row for row in rows})


SERVICE_ERRORS: Mapping[str, ServiceErrorRow] = _by_code(
    ServiceErrorRow("BadRequest", 400, "{reason}", "The request is wrong in a way that has no code of its own.", False),
    ServiceErrorRow("ODataError", 400, "{reason}", "A query option could not be understood; the text says why.", False),
    ServiceErrorRow("InvalidInput", 400, "Invalid input {input}", "A value is not acceptable."),
    ServiceErrorRow(
        "InvalidRequestBody",
        400,
        "Request body is incorrect",
        "The body is missing, is not JSON, or has a wrong shape.",
        note="The page prints `Invalid request body` as well. Body names are case-sensitive.",
    ),
    ServiceErrorRow("InvalidHashValue", 400, "Hash value {hash} is invalid", "Not a SHA-1, SHA-256 or MD5 in hex."),
    ServiceErrorRow("InvalidDomainName", 400, "Domain name {domain} is invalid", "Not a domain name."),
    ServiceErrorRow("InvalidIpAddress", 400, "IP address {ip} is invalid", "Not an IP address."),
    ServiceErrorRow("InvalidUrl", 400, "URL {url} is invalid", "Not a URL."),
    ServiceErrorRow(
        "MaximumBatchSizeExceeded",
        400,
        "Maximum batch size exceeded. Received: {received}, allowed: {allowed}",
        "More items in one request than the operation takes.",
    ),
    ServiceErrorRow(
        "MissingRequiredParameter",
        400,
        "Parameter {name} is missing",
        "A required parameter is absent; a name in the wrong letter case counts as absent.",
    ),
    ServiceErrorRow(
        "OsPlatformNotSupported",
        400,
        "OS Platform {platform} isn't supported for this action",
        "The machine's operating system cannot do what was asked.",
    ),
    ServiceErrorRow(
        "ClientVersionNotSupported",
        400,
        "{action} is supported on client version {version} and above",
        "The sensor on the machine is too old.",
    ),
    ServiceErrorRow(
        "ActiveRequestAlreadyExists",
        400,
        "Action is already in progress",
        "The machine is still busy with an action of this kind.",
        note="Comes from the live response page, and for isolation from reports of clients.",
    ),
    ServiceErrorRow(
        "Unauthorized",
        401,
        "The authorization header is missing, invalid or expired",
        "No token, or one that is not good for this API.",
        False,
    ),
    ServiceErrorRow(
        "Forbidden",
        403,
        "{reason}",
        "The token is good but does not allow the operation.",
        False,
        note="Answers name the missing roles or scopes; the wording is not documented.",
    ),
    ServiceErrorRow("DisabledFeature", 403, "Tenant feature isn't enabled", "The tenant does not have the feature."),
    ServiceErrorRow(
        "DisallowedOperation", 403, "{reason}", "The operation is not allowed here; the text says why.", False
    ),
    ServiceErrorRow("NotFound", 404, "{reason}", "There is nothing at this address.", False),
    ServiceErrorRow("ResourceNotFound", 404, "{kind} {id} was not found", "No entity of this kind has the id."),
    ServiceErrorRow(
        "TooManyRequests",
        429,
        "{reason}",
        "A quota is used up, by number of requests or by processor time. `Retry-After` says how many seconds to wait.",
        False,
    ),
    ServiceErrorRow(
        "InternalServerError",
        500,
        "",
        "The service failed; the request may be repeated.",
        note="Comes without a message.",
    ),
)
"""Every documented code of the Defender API."""

GRAPH_ERRORS: Mapping[str, ServiceErrorRow] = _by_code(
    ServiceErrorRow(
        "InvalidAuthenticationToken", 401, "{reason}", "The token is missing, malformed, expired or for another API."
    ),
    ServiceErrorRow(
        "Authorization_RequestDenied",
        403,
        "Insufficient privileges to complete the operation.",
        "The token lacks the permission, or the user the directory role.",
    ),
    ServiceErrorRow(
        "Request_ResourceNotFound",
        404,
        "Resource '{id}' does not exist or one of its queried reference-property objects are not present.",
        "No object has the id. Right after a 201 it may only not be readable yet.",
    ),
    ServiceErrorRow("Request_BadRequest", 400, "{reason}", "A value, property or filter is not acceptable."),
    ServiceErrorRow(
        "InvalidAccessTokenVersion",
        400,
        "Property api.requestedAccessTokenVersion is invalid.",
        "Accounts outside work and school need tokens of version 2.",
    ),
    ServiceErrorRow(
        "Request_MultipleObjectsWithSameKeyValue",
        409,
        "{reason}",
        "The object, or one with the same key, exists already.",
    ),
    ServiceErrorRow("TooManyRequests", 429, "{reason}", "Too many calls; `Retry-After` says how many seconds to wait."),
)
"""Codes of the Graph calls that register apps and grant consent."""
