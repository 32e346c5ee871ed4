"""Rotates the signing keys of a tenant from outside of its server: `vedette tenant rotate-keys`.

A running server is asked through its database, because it alone knows the tenant's time; reading its key set makes it
act. A stopped one is opened for the moment.
"""

from __future__ import annotations

import json
from pathlib import Path

from vedette.auth.sign_in_http import SignInHttp
from vedette.errors import ConfigurationError, NoAnswer
from vedette.tenant.identity.keys import ask_for_rotation, rotation_is_done, signing_key
from vedette.tenant.local import LocalTenant
from vedette.tenant.serve import running_at
from vedette.tenant.store.database import Database


def rotate(folder: Path, *, emergency: bool = False) -> tuple[str, list[str]]:
    """Rotate. Returns: the `kid` that new tokens carry, and every published one.

    Raises: ConfigurationError where there is no tenant, NoAnswer where the server does not act.
    """
    path = folder / "directory.db"
    if not path.exists():
        raise ConfigurationError(f"there is no tenant in {folder}", hint="--state names another folder")
    ready_file = running_at(folder)
    if ready_file is None:
        with LocalTenant(state=folder, telemetry="none", sockets=False) as tenant:
            keys = tenant.state.keys
            return keys.rotate(emergency=emergency), list(keys.public_keys())
    ready = json.loads(ready_file.read_text(encoding="utf-8"))
    database = Database(path)
    try:
        ask_for_rotation(database, emergency=emergency)
        with SignInHttp(ca_bundle=ready["ca_bundle"], trust_env=False) as http:
            answer = http.get(f"{ready['authority']}/{ready['tenant_id']}/discovery/v2.0/keys")
            answer.raise_for_status()
        if not rotation_is_done(database):
            raise NoAnswer("the server has not rotated its keys", hint="restart it: it rotates when it starts")
        return signing_key(database), [str(key["kid"]) for key in answer.body()["keys"]]
    finally:
        database.close()
