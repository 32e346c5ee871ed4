"""Attack stories, one per module, each written from the public description of its techniques.

Importing a module registers its scenario. `ORDER` is the order in which they are played and listed.
"""

from __future__ import annotations

from vedette.simulation.scenarios import (
    benign_inventory,
    credential_dumping,
    defender_tampering,
    insider_exfiltration,
    kerberoasting,
    lateral_movement,
    linux_miner,
    lolbin_download,
    password_spray,
    persistence,
    phishing_to_ransomware,
    web_shell,
)

__all__ = [
    "ORDER",
    "benign_inventory",
    "credential_dumping",
    "defender_tampering",
    "insider_exfiltration",
    "kerberoasting",
    "lateral_movement",
    "linux_miner",
    "lolbin_download",
    "password_spray",
    "persistence",
    "phishing_to_ransomware",
    "web_shell",
]

ORDER = (
    "phishing-to-ransomware",
    "credential-dumping",
    "lateral-movement",
    "persistence",
    "lolbin-download",
    "web-shell",
    "insider-exfiltration",
    "benign-inventory",
    "kerberoasting",
    "defender-tampering",
    "password-spray",
    "linux-miner",
)
