"""Client secrets and certificates of an application."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

import msgspec

from vedette.catalogue import graph as wire
from vedette.catalogue.graph import AUDIENCES, SECRET_YEARS
from vedette.tenant.directory import Application, PasswordCredential, hash_secret
from vedette.tenant.graph import shapes
from vedette.tenant.graph.call import NO_CONTENT, Answer, Call
from vedette.tenant.graph.certificates import certificate_credential, check_proof
from vedette.tenant.graph.decode import guid, json_object, read
from vedette.tenant.graph.problems import bad_request, denied, invalid_value
from vedette.tenant.graph.routes import handles

_OURS = frozenset({"customKeyIdentifier", "hint", "keyId", "secretText"})
_SECRET_OCTETS = 30


@handles("applications.addPassword")
def add_password(call: Call) -> Answer:
    """Make a client secret. Its text is in this answer and nowhere else: only a hash is kept."""
    record = call.application(for_change=True)
    sent = json_object(call.body, may_be_empty=True).get("passwordCredential") or {}
    if not isinstance(sent, dict):
        raise invalid_value("passwordCredential", "an object is expected.")
    asked = read(msgspec.json.encode(sent), wire.PasswordCredential, read_only=_OURS)
    start = asked.start_date_time or call.now
    end = asked.end_date_time or _years_after(start, SECRET_YEARS)
    if end <= start:
        raise invalid_value("passwordCredential.endDateTime", "it must be later than startDateTime.")
    limit = AUDIENCES[record.sign_in_audience].secrets
    if limit is not None and len(record.password_credentials) >= limit:
        raise invalid_value("passwordCredentials", f"at most {limit} secrets are allowed with personal accounts.")
    text = secrets.token_urlsafe(_SECRET_OCTETS)
    secret = PasswordCredential(
        key_id=str(uuid.uuid4()),
        secret_hash=hash_secret(text, is_random=True),
        hint=text[:3],
        start=start,
        end=end,
        display_name=asked.display_name,
    )
    call.directory.applications.put(
        msgspec.structs.replace(record, password_credentials=[*record.password_credentials, secret])
    )
    return _created(call, "passwordCredential", shapes.password(secret, text=text))


@handles("applications.removePassword")
def remove_password(call: Call) -> Answer:
    """Take a client secret away."""
    record = call.application(for_change=True)
    key_id = guid(json_object(call.body).get("keyId"), "keyId")
    left = [secret for secret in record.password_credentials if secret.key_id != key_id]
    if len(left) == len(record.password_credentials):
        raise bad_request(f"No password credential found with keyId {key_id}.", target="keyId")
    call.directory.applications.put(msgspec.structs.replace(record, password_credentials=left))
    return NO_CONTENT


@handles("applications.addKey")
def add_key(call: Call) -> Answer:
    """Add a certificate to one that is there already, whose key signed the proof."""
    record = _rolled(call)
    sent = json_object(call.body)
    if sent.get("passwordCredential") is not None:
        raise invalid_value("passwordCredential", "null is expected.")
    _check_proof(call, record, sent.get("proof"))
    asked = read(msgspec.json.encode(sent.get("keyCredential") or {}), wire.KeyCredential)
    key = certificate_credential(asked, key_id=str(uuid.uuid4()))
    call.directory.applications.put(msgspec.structs.replace(record, key_credentials=[*record.key_credentials, key]))
    return _created(call, "keyCredential", shapes.key_credential(key))


@handles("applications.removeKey")
def remove_key(call: Call) -> Answer:
    """Take a certificate away, proving to hold one of the application's keys."""
    record = _rolled(call)
    sent = json_object(call.body)
    _check_proof(call, record, sent.get("proof"))
    key_id = guid(sent.get("keyId"), "keyId")
    left = [key for key in record.key_credentials if key.key_id != key_id]
    if len(left) == len(record.key_credentials):
        raise bad_request(f"No key credential found with keyId {key_id}.", target="keyId")
    call.directory.applications.put(msgspec.structs.replace(record, key_credentials=left))
    return NO_CONTENT


def _rolled(call: Call) -> Application:
    """The application whose certificates change: the caller itself, or one that the caller may change."""
    record = call.application()
    if call.user is None and call.caller.app_id.lower() != record.app_id.lower():
        is_owner = call.owner_id in record.owner_ids
        if not (
            "Application.ReadWrite.All" in call.caller.roles
            or ("Application.ReadWrite.OwnedBy" in call.caller.roles and is_owner)
        ):
            raise denied()
    if call.user is not None:
        call.check_change(record)
    return record


def _check_proof(call: Call, record: Application, proof: object) -> None:
    if not isinstance(proof, str) or not proof:
        raise invalid_value("proof", "a token signed with one of the application's keys is expected.")
    check_proof(proof, record, call.now)


def _created(call: Call, type_name: str, shape: wire.GraphType) -> Answer:
    return Answer(
        {"@odata.context": f"{call.base}/$metadata#microsoft.graph.{type_name}", **msgspec.to_builtins(shape)}
    )


def _years_after(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)
