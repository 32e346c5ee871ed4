"""The knowledge of vulnerabilities: kinds of weakness, and what is known of each invented CVE.

Which product has which weakness, and which release removes it, stands in `products` and `updates`. Nothing here
describes a real defect: ids are out of the range that is in use, texts and numbers are our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vedette.simulation.estate import cvss
from vedette.simulation.estate.steady import share

Exploit = Literal["", "public", "verified", "kit"]
EXPLOITABILITY: Mapping[str, str] = {
    "": "NoExploit",
    "public": "ExploitIsPublic",
    "verified": "ExploitIsVerified",
    "kit": "ExploitIsInKit",
}
_EPSS = {"": (0.0004, 0.02), "public": (0.05, 0.35), "verified": (0.3, 0.7), "kit": (0.75, 0.97)}
"""How likely use is within 30 days, from and to, by what is known of exploits."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A way in which software can be weak."""

    name: str
    vector: str
    text: str
    """What goes wrong, with the product as `{product}`."""
    exploit: str
    """What an exploit of it is: Remote, Local, WebApps or DoS."""


# name | attack vector and the rest | kind of exploit | text
_KINDS = """
remote      | AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H | Remote  | A request without sign-in runs code on the machine that offers {product}.
relay       | AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H | Remote  | Whoever sits between client and server takes over a session of {product}.
signed-in   | AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H | Remote  | A signed-in user of {product} sends an object that is rebuilt without checks and runs code.
page        | AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H | Remote  | A prepared web page confuses the types of objects in {product} and runs code in its place.
escape      | AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:H/A:H | Remote  | Code that already runs inside the sandbox of {product} gets out of it.
document    | AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H | Local   | A prepared file overflows a buffer of {product} when it is opened and runs code.
elevation   | AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H | Local   | A local user gains the rights of the system through {product}.
race        | AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H | Local   | A local user who wins a race gains the rights of the system through {product}.
loading     | AV:L/AC:L/PR:L/UI:R/S:U/C:H/I:H/A:H | Local   | {product} loads a library from a folder that users may write to.
stop        | AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H | DoS     | A few malformed packets stop {product}.
read-remote | AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N | Remote  | {product} tells strangers parts of its memory.
read-local  | AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N | Local   | A local user reads memory of others through {product}.
spoof       | AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N | WebApps | A prepared link makes {product} show content as if it came from elsewhere.
warning     | AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N | Local   | {product} opens a file from the internet without the warning that it should give.
"""  # noqa: E501

KINDS: Mapping[str, Kind] = {
    name: Kind(name, f"CVSS:3.1/{vector}", text, exploit)
    for name, vector, exploit, text in (
        [cell.strip() for cell in line.split("|", 3)] for line in _KINDS.strip().splitlines()
    )
}


@dataclass(frozen=True, slots=True)
class Weakness:
    """One CVE, wherever it is installed."""

    id: str
    kind: Kind
    product: str
    """Title of the product that it is described by."""
    age_days: float
    """Days from its publication to the day that the estate is looked at."""
    exploit: Exploit = ""
    is_zero_day: bool = False
    fixed_days: float | None = None
    """Days since the release that removes it; None while there is none."""

    @property
    def score(self) -> float:
        return cvss.base_score(self.kind.vector)

    @property
    def severity(self) -> str:
        return cvss.severity(self.score)

    @property
    def description(self) -> str:
        fix = "" if self.fixed_days is not None else " No update removes it yet."
        return f"{self.kind.text.format(product=self.product)}{fix} (An invented weakness.)"

    @property
    def epss(self) -> float:
        low, high = _EPSS[self.exploit]
        return round(low + share(self.id, "epss") * (high - low) * self.score / 10, 5)

    @property
    def tags(self) -> list[str]:
        return ["ZeroDay"] * self.is_zero_day + ["NoSecurityUpdate"] * (self.fixed_days is None)

    @property
    def danger(self) -> float:
        """From 0 to 1: how much one machine is put at risk by it."""
        base = {"Low": 0.002, "Medium": 0.006, "High": 0.015, "Critical": 0.06}[self.severity]
        return base * {"": 1, "public": 2, "verified": 3, "kit": 5}[self.exploit]


class Numbering:
    """Reads weaknesses as tables write them, such as `page+public+zeroday`, and numbers them in order."""

    def __init__(self, first: int) -> None:
        self._next = first

    def read(self, text: str, product: str, age_days: float, *, is_fixed: bool) -> Weakness:
        """The next weakness. Raises: KeyError for an unknown kind."""
        kind, *flags = text.split("+")
        exploit: Exploit = "kit" if "kit" in flags else "verified" if "verified" in flags else ""
        if "public" in flags:
            exploit = "public"
        is_zero_day = "zeroday" in flags
        # A zero day is known before the release that removes it; anything else is published with it.
        known = age_days + (5 if is_zero_day and is_fixed else 0)
        found = Weakness(
            f"CVE-2026-{self._next}",
            KINDS[kind],
            product,
            known,
            exploit,
            is_zero_day,
            age_days if is_fixed else None,
        )
        self._next += 1
        return found
