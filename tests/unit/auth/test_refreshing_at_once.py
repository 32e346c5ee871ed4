"""Two programs of one user whose access token has run out renew it at the same moment: both go on, nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vedette import TokenCache
from vedette.tenant import LocalTenant

PROGRAM = """
import json, sys
from vedette.auth.cache import TokenCache
from vedette.auth.user import UsernamePasswordCredential
asked = json.loads(sys.argv[1])
credential = UsernamePasswordCredential(
    asked["user"], asked["password"], tenant_id=asked["tenant"], client_id=asked["client"],
    authority=asked["authority"], ca_bundle=asked["ca"], cache=TokenCache(asked["cache"], encrypted=False),
)
print("ready", flush=True)
sys.stdin.readline()
scope = "https://api.securitycenter.microsoft.com/Alert.Read"
for claims in asked["claims"]:
    print(credential.get_token(scope, claims=claims).token, flush=True)
"""
# A claims challenge is met by a new token, whatever the cache holds: so every round is a refresh.
CHALLENGE = '{"access_token": {"nbf": {"essential": true, "value": "1"}}}'
ROUNDS = 4


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=1, telemetry="none", limits="off") as running:
        yield running


def start(tenant: LocalTenant, cache: Path, password: str, claims: list[str | None]) -> subprocess.Popen[str]:
    asked = {
        "user": tenant.users["analyst"].upn,
        "password": password,
        "tenant": tenant.tenant_id,
        "client": tenant.apps["soc-cli"].client_id,
        "authority": tenant.authority,
        "ca": tenant.ca_bundle,
        "cache": str(cache),
        "claims": claims,
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(asked)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_both_get_tokens_and_the_cache_stays_whole(tenant: LocalTenant, tmp_path: Path) -> None:
    cache = tmp_path / "tokens.json"
    first = start(tenant, cache, tenant.users["analyst"].password or "", [None])
    out, err = first.communicate("\n", timeout=60)
    assert (first.returncode, err) == (0, "")
    before = out.split()[1]

    # They have no password: only the refresh token in the shared cache can help them.
    programs = [start(tenant, cache, "no password", [CHALLENGE] * ROUNDS) for _ in range(2)]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("\n")
        program.stdin.flush()
    results = [program.communicate(timeout=60) for program in programs]

    assert [program.returncode for program in programs] == [0, 0], results
    tokens = [token for out, _ in results for token in out.split()]
    assert len({*tokens, before}) == 2 * ROUNDS + 1
    store = TokenCache(cache, encrypted=False).store()
    assert len(store.search(store.CredentialType.REFRESH_TOKEN)) == 1
    assert {entry["secret"] for entry in store.search(store.CredentialType.ACCESS_TOKEN)} <= set(tokens)
    last = start(tenant, cache, "no password", [CHALLENGE])
    assert last.communicate("\n", timeout=60)[1] == ""
