"""Behaviour of files: a profile and statistics counted from telemetry, and the alerts and machines of a file.

A file is known when an event of this tenant is about it or when an alert's evidence names it. "Worldwide" figures are
those of the tenant's whole telemetry, since a tenant knows nothing outside it. An active indicator decides over the
determination: what is blocked is malware, what is allowed is clean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from vedette.catalogue.alerts import Alert, AlertEvidence
from vedette.catalogue.files import File, Files, InOrgFileStats
from vedette.catalogue.machines import Machine
from vedette.tenant.call import Call
from vedette.tenant.defender import sightings
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.indicators import BLOCKING, decisive
from vedette.tenant.defender.machines import with_ids
from vedette.tenant.defender.related_alerts import related
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection, column_time

MAX_NAMES = 5
_COLUMNS = {40: "SHA1", 64: "SHA256", 32: "MD5"}


def profile(call: Call, found: File) -> File:
    """The file with the determination that indicators give it."""
    hashes = (("FileSha256", found.sha256), ("FileSha1", found.sha1), ("FileMd5", found.md5))
    indicator = decisive(call, (*hashes, ("CertificateThumbprint", found.signer_hash)))
    if indicator is None or indicator.action not in {*BLOCKING, "Allowed"}:
        return found
    verdict = "Malware" if indicator.action in BLOCKING else "Clean"
    return msgspec.structs.replace(found, determination_type=verdict, determination_value=indicator.title)


@handles(Files.get, in_thread=True)
def get(call: Call, /, id: str) -> File:
    """By SHA-1 or SHA-256 as the text of the page says, and by MD5 as its head does."""
    column, value = _hash(id, "SHA1", "SHA256", "MD5")
    seen = sightings.of_file(call.store.lake, column, value, sightings.until(call.now))
    if seen:
        return profile(call, sightings.file_from(call.store.lake, seen))
    named = _named_in_evidence(call, column, value)
    if named is None:
        raise Problem("ResourceNotFound", kind="File", id=id)
    return profile(call, File(sha1=named.sha1 or "", sha256=named.sha256))


@handles(Files.list_alerts)
def list_alerts(call: Call, /, id: str) -> Selection[Alert]:
    """Those whose evidence has the hash."""
    _, sha1 = _hash(id, "SHA1")
    return related(call, sha1, lambda alert: any(_is(each.sha1, sha1) for each in alert.evidence))


@handles(Files.list_machines, in_thread=True)
def list_machines(call: Call, /, id: str) -> Iterable[Machine]:
    """Those with an event about the file."""
    column, sha1 = _hash(id, "SHA1")
    seen = sightings.of_file(call.store.lake, column, sha1, sightings.until(call.now))
    return with_ids(call, {each.device_id for each in seen})


@handles(Files.get_stats, in_thread=True)
def get_stats(call: Call, /, id: str, *, look_back_hours: int | None = None) -> InOrgFileStats:
    """Machines with an event about the file within the time asked for, and over all there is."""
    column, value = _hash(id, "SHA1", "SHA256")
    ever = sightings.of_file(call.store.lake, column, value, sightings.until(call.now))
    named = None if ever else _named_in_evidence(call, column, value)
    if not ever and named is None:
        raise Problem("ResourceNotFound", kind="File", id=id)
    within = sightings.window(call.now, look_back_hours)
    # Where all there is lies within the hours asked for, there is nothing to count a second time.
    all_within = all(each.first >= within[0] for each in ever)
    here = ever if all_within else sightings.of_file(call.store.lake, column, value, within)
    names: Counter[str] = Counter()
    for each in here:
        names[str(each.values["FileName"] or "").lower()] += each.rows
    sha1 = sightings.first_value(ever, "SHA1") or (named.sha1 if named else None)
    return InOrgFileStats(
        sha1=sha1,
        org_prevalence=str(sightings.prevalence(here)),
        organization_prevalence=sightings.prevalence(here),
        org_first_seen=sightings.first_seen(here),
        org_last_seen=sightings.last_seen(here),
        global_prevalence=str(sightings.prevalence(ever)),
        globally_prevalence=sightings.prevalence(ever),
        global_first_observed=sightings.first_seen(ever),
        global_last_observed=sightings.last_seen(ever),
        top_file_names=[name for name, _ in sorted(names.items(), key=lambda pair: (-pair[1], pair[0])) if name][
            :MAX_NAMES
        ],
    )


def _hash(text: str, *allowed: str) -> tuple[str, str]:
    """The column of a hash of this length, and the hash in lower case. Raises: Problem InvalidHashValue."""
    column = _COLUMNS.get(len(text))
    if column not in allowed or not re.fullmatch(r"[0-9A-Fa-f]+", text):
        raise Problem("InvalidHashValue", hash=text[:200])
    return column, text.lower()


def _named_in_evidence(call: Call, column: str, value: str) -> AlertEvidence | None:
    """The evidence of an alert that names the hash, whatever the caller may see: a file belongs to no device group."""
    if column == "MD5":
        return None
    attribute = column.lower()
    alerts = call.store.alerts.all().narrowed(
        'instr(lower(CAST(full AS TEXT)), ?) > 0 AND "alert_creation_time" <= ?', [value, column_time(call.now)]
    )
    return next(
        (each for found in alerts for each in found.evidence if _is(getattr(each, attribute), value)),
        None,
    )


def _is(hash: str | None, wanted: str) -> bool:
    return hash is not None and hash.lower() == wanted
