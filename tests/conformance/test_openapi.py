"""The API holds to its own description: requests made from it, good and bad, are answered as it says.

`schemathesis` makes the requests. Whatever is sent, no answer is a server error, and every answer has a documented
status, content type and shape.
"""

from __future__ import annotations

import time

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from vedette.catalogue.permission import DEFENDER
from vedette.tenant import LocalTenant

EXAMPLES = 8
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)

_tenant = LocalTenant(machines=8, days=1, limits="off", sockets=False)


@pytest.fixture(scope="module", autouse=True)
def _ended() -> object:
    yield
    _tenant.stop()


def _token(tenant: LocalTenant) -> str:
    moment = int(time.time())
    app = tenant.apps["soc-automation"]
    return tenant.state.keys.sign(
        {
            "aud": DEFENDER.audience,
            "iss": f"https://sts.windows.net/{tenant.tenant_id}/",
            "tid": tenant.tenant_id,
            "appid": app.client_id,
            "oid": "44444444-4444-4444-8444-444444444444",
            "roles": sorted(DEFENDER.roles),
            "nbf": moment,
            "exp": moment + 3599,
            "ver": "1.0",
        }
    )


_tenant.start()
schema = schemathesis.openapi.from_asgi("/api/openapi.json", _tenant.asgi, headers={"Host": "localhost"})


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_a_documented_one(case: schemathesis.Case) -> None:
    answer = case.call(headers={"Authorization": f"Bearer {_token(_tenant)}", "Host": "localhost"})

    case.validate_response(answer, checks=list(CHECKS))
    assert answer.status_code < 500
