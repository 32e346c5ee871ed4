"""Functions of advanced hunting that give rows. They are called by `invoke`, or stand where a table stands."""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import Family

DOCS: Final = "https://learn.microsoft.com/defender-xdr/advanced-hunting-"

FAMILY = Family("hunting", "tabular")
add = FAMILY.add

add(
    "FileProfile(hash: text?, rows: integer?) -> dynamic",
    says="Adds what is known about files, found by a column of hashes, to the first rows (100, at most 1000).",
    source=f"{DOCS}fileprofile-function",
)
add(
    "DeviceFromIP(ip: string?, at: datetime?) -> dynamic",
    says="The devices that were last given the addresses in the column IP, at a time or up to now.",
    source=f"{DOCS}devicefromip-function",
)
add(
    "AssignedIPAddresses(device: string, at: datetime?) -> dynamic",
    says="The addresses that a device, named by its id or name, had last, at a time or up to now.",
    source=f"{DOCS}assignedipaddresses-function",
)
add(
    "SeenBy(device: string?) -> dynamic",
    says="Adds to rows of devices the onboarded devices that met them on the network.",
    source=f"{DOCS}seenby-function",
)

REFUSED: Final = (
    "GetAnomalousBehaviorsAbout",
    "GetAnomalousBehaviorsByKind",
    "GetAnomalousBehaviorsByValue",
    "GetFirstSeenBehaviors",
    "GetHighVolumeAnomalyBehaviors",
    "GetUncommonValueBehaviors",
)
"""Functions over learned behaviour: they need the service's models, so they are known and refused."""
