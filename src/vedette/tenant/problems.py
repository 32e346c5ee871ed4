"""What can go wrong with a call of the Defender API, and the only place that writes it as an answer."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from vedette.catalogue.service_errors import SERVICE_ERRORS


class Problem(Exception):
    """A documented error, raised by its code: `Problem("ResourceNotFound", kind="Machine", id=…)`."""

    def __init__(self, code: str, /, **fields: object) -> None:
        row = SERVICE_ERRORS[code]
        self.code = code
        self.status = row.status
        self.message = row.text(**fields)
        self.headers: dict[str, str] = {}
        super().__init__(self.message)

    def with_headers(self, **headers: str) -> Problem:
        """The same problem, answered with these headers too; `_` stands for `-` in their names."""
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self


def answer(problem: Problem, request_id: str) -> Response:
    """The problem in the service's shape; `target` is the id of the failed request."""
    body = {"error": {"code": problem.code, "message": problem.message, "target": request_id}}
    return Response(
        msgspec.json.encode(body), problem.status, problem.headers, media_type="application/json; charset=utf-8"
    )
