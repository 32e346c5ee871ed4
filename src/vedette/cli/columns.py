"""Which columns a table of entities has, in order, and how a table finds room for them.

A column is dropped before those of a lower `rank`. One with `under` moves below another column before anything is
dropped, so that ids stay on the screen at 80 characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vedette.cli.text import shown, terminal

GAP = 2
"""Blanks between columns."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    value: Callable[[object], object]
    rank: int = 1
    """Columns of the highest rank are dropped first; rank 0 never is."""
    least: int = 0
    """Narrower than its content the column may become, down to this. 0: its content is never cut."""
    under: str = ""
    """Title of the column that takes this one in as a second line when the table is too wide."""
    tones: dict[str, str] = field(default_factory=dict)
    """Text → style, such as `High` → `red`."""
    right: bool = False
    wraps: bool = False
    """Content that finds no room goes on in lines below instead of being cut."""

    def text(self, item: object) -> str:
        """The cell."""
        return shown(self.value(item))


@dataclass(frozen=True)
class Placed:
    """A column that found room."""

    column: Column
    width: int
    below: tuple[Column, ...] = ()


def place(columns: Sequence[Column], items: Sequence[object], width: int | None) -> list[Placed]:
    """The columns that fit into `width` characters, each with its own width. None: all of them, uncut."""
    columns = [column for column in columns if column.rank == 0 or any(column.text(item) for item in items)]
    natural = {
        column.title: max([len(column.title), *(cells(column.text(item)) for item in items)]) for column in columns
    }
    below: dict[str, tuple[Column, ...]] = {}
    while True:
        least = [_least(column, natural, below) for column in columns]
        if width is None or sum(least) + GAP * (len(columns) - 1) <= width or len(columns) == 1:
            break
        movable = next((c for c in columns if c.under and any(other.title == c.under for other in columns)), None)
        if movable is not None:
            below[movable.under] = (*below.get(movable.under, ()), movable)
            columns = [column for column in columns if column is not movable]
            continue
        last = max(columns, key=lambda column: column.rank)
        if last.rank == 0:
            break
        columns = [column for column in columns if column is not last]
    return _widths(columns, natural, below, width)


def _least(column: Column, natural: dict[str, int], below: dict[str, tuple[Column, ...]]) -> int:
    own = min(column.least, natural[column.title]) if column.least else natural[column.title]
    return max([own, *(natural[inner.title] for inner in below.get(column.title, ()))])


def _widths(
    columns: Sequence[Column], natural: dict[str, int], below: dict[str, tuple[Column, ...]], width: int | None
) -> list[Placed]:
    wanted = [max(natural[c.title], _least(c, natural, below)) for c in columns]
    least = [_least(c, natural, below) for c in columns]
    room = None if width is None else width - GAP * (len(columns) - 1)
    excess = 0 if room is None else max(0, sum(wanted) - room)
    for index in sorted(range(len(columns)), key=lambda i: least[i] - wanted[i]):
        cut = min(excess, wanted[index] - least[index])
        wanted[index] -= cut
        excess -= cut
    return [Placed(c, w, below.get(c.title, ())) for c, w in zip(columns, wanted, strict=True)]


def cells(text: str) -> int:
    """How many characters wide a terminal draws the text."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def attribute(name: str) -> Callable[[object], object]:
    """Reads an attribute."""
    return lambda item: getattr(item, name)


def _share(part: str, whole: str) -> Callable[[object], object]:
    """Reads two numbers as `4/10`."""
    return lambda item: f"{getattr(item, part, None) or 0}/{getattr(item, whole, None) or 0}"


def short_name(dns_name: object) -> str:
    """`ws-01` of `ws-01.halden.example`."""
    return str(dns_name).partition(".")[0] if dns_name else ""


SEVERITY = {"High": "bold red", "Medium": "yellow", "Low": "cyan", "Informational": "dim", "UnSpecified": "dim"}
ALERT_STATUS = {"New": "bold", "InProgress": "yellow", "Resolved": "green", "Hidden": "dim"}
LEVEL = {"High": "bold red", "Medium": "yellow", "Low": "cyan", "None": "dim", "Informational": "dim"}
HEALTH = {"Active": "green", "Inactive": "yellow"}
ACTION_STATUS = {
    "Succeeded": "green",
    "Failed": "bold red",
    "TimeOut": "red",
    "Cancelled": "yellow",
    "Pending": "dim",
    "InProgress": "cyan",
}

ALERT = (
    Column("CREATED", attribute("alert_creation_time"), rank=2),
    Column("SEVERITY", attribute("severity"), rank=1, tones=SEVERITY),
    Column("STATUS", attribute("status"), rank=4, tones=ALERT_STATUS),
    Column("MACHINE", lambda item: short_name(getattr(item, "computer_dns_name", None)), rank=3, least=12),
    Column("ALERT", attribute("title"), rank=0, least=24),
    Column("CATEGORY", attribute("category"), rank=6),
    Column("ASSIGNED TO", attribute("assigned_to"), rank=5),
    Column("ID", attribute("id"), rank=1, under="ALERT"),
)
MACHINE = (
    Column("MACHINE", attribute("computer_dns_name"), rank=0, least=26),
    Column("HEALTH", attribute("health_status"), rank=2, tones=HEALTH),
    Column("RISK", attribute("risk_score"), rank=3, tones=LEVEL),
    Column("EXPOSURE", attribute("exposure_level"), rank=6, tones=LEVEL),
    Column("OS", attribute("os_platform"), rank=4),
    Column("LAST SEEN", attribute("last_seen"), rank=3),
    Column("ADDRESS", attribute("last_ip_address"), rank=7),
    Column("GROUP", attribute("rbac_group_name"), rank=8),
    Column("TAGS", attribute("machine_tags"), rank=5, least=20),
    Column("ID", attribute("id"), rank=9),
)
MACHINE_ACTION = (
    Column("ASKED", attribute("creation_date_time_utc"), rank=2),
    Column("ACTION", attribute("type"), rank=0),
    Column("STATUS", attribute("status"), rank=0, tones=ACTION_STATUS),
    Column("MACHINE", lambda item: short_name(getattr(item, "computer_dns_name", None)), rank=1, least=12),
    Column("BY", attribute("requestor"), rank=4, least=14),
    Column("COMMENT", attribute("requestor_comment"), rank=3, least=12),
    Column("ID", attribute("id"), rank=1, under="COMMENT"),
)
USER = (
    Column("ACCOUNT", attribute("id"), rank=0, least=20),
    Column("FIRST SEEN", attribute("first_seen"), rank=3),
    Column("LAST SEEN", attribute("last_seen"), rank=2),
    Column("LOGON TYPES", attribute("logon_types"), rank=4, least=14),
    Column("DOMAIN ADMIN", attribute("is_domain_admin"), rank=2),
    Column("MACHINES", attribute("log_on_machines_count"), rank=3, right=True),
)
FILE = (
    Column("SHA1", attribute("sha1"), rank=0),
    Column("VERDICT", attribute("determination_type"), rank=1, tones={"Malware": "bold red", "Clean": "green"}),
    Column("PRODUCT", attribute("file_product_name"), rank=4, least=14),
    Column("SIGNER", attribute("signer"), rank=3, least=14),
    Column("SIZE", attribute("size"), rank=5, right=True),
    Column("PREVALENCE", attribute("global_prevalence"), rank=2, right=True),
)
INDICATOR = (
    Column("VALUE", attribute("indicator_value"), rank=0, least=30),
    Column("KIND", attribute("indicator_type"), rank=2),
    Column("ACTION", attribute("action"), rank=1),
    Column("SEVERITY", attribute("severity"), rank=4, tones=SEVERITY),
    Column("ENDS", attribute("expiration_time"), rank=3),
    Column("TITLE", attribute("title"), rank=5, least=14),
    Column("BY", lambda item: getattr(item, "created_by_display_name", None) or getattr(item, "created_by", None),
           rank=7, least=12),
    Column("ID", attribute("id"), rank=6),
)  # fmt: skip
IMPORTED = (
    Column("VALUE", attribute("indicator"), rank=0, least=30),
    Column("FAILED", attribute("is_failed"), rank=0, tones={"yes": "bold red"}),
    Column("WHY", attribute("failure_reason"), rank=1, least=20),
    Column("ID", attribute("id"), rank=2),
)
VULNERABILITY = (
    Column("CVE", attribute("id"), rank=0),
    Column("SEVERITY", attribute("severity"), rank=1, tones={**LEVEL, "Critical": "bold red"}),
    Column("CVSS", attribute("cvss_v3"), rank=2, right=True),
    Column("EPSS", lambda item: f"{getattr(item, 'epss', 0):.2f}", rank=4, right=True),
    Column("EXPLOIT", attribute("public_exploit"), rank=3, tones={"yes": "red"}),
    Column("MACHINES", attribute("exposed_machines"), rank=1, right=True),
    Column("PUBLISHED", attribute("published_on"), rank=6),
    Column("ABOUT", attribute("description"), rank=5, least=24),
)
SOFTWARE = (
    Column("ID", attribute("id"), rank=0, least=28),
    Column("INSTALLED", attribute("installed_machines"), rank=1, right=True),
    Column("EXPOSED", attribute("exposed_machines"), rank=2, right=True),
    Column("WEAKNESSES", attribute("weaknesses"), rank=1, right=True),
    Column("EXPLOIT", attribute("public_exploit"), rank=3, tones={"yes": "red"}),
    Column("ALERT", attribute("active_alert"), rank=4, tones={"yes": "red"}),
    Column("CATEGORY", attribute("category"), rank=5, least=10),
)
RECOMMENDATION = (
    Column("RECOMMENDATION", attribute("recommendation_name"), rank=0, least=28),
    Column("MACHINES", _share("exposed_machines_count", "total_machine_count"), rank=1, right=True),
    Column("WEAKNESSES", attribute("weaknesses"), rank=3, right=True),
    Column("IMPACT", lambda item: f"{getattr(item, 'exposure_impact', 0):.1f}", rank=2, right=True),
    Column("EXPLOIT", attribute("public_exploit"), rank=4, tones={"yes": "red"}),
    Column("HOW", attribute("remediation_type"), rank=5, least=10),
    Column("STATUS", attribute("status"), rank=7),
    Column("ID", attribute("id"), rank=6, least=20),
)  # fmt: skip
REMEDIATION_TASK = (
    Column("TASK", attribute("title"), rank=0, least=28),
    Column("STATUS", attribute("status"), rank=2, tones={"Completed": "green"}),
    Column("PRIORITY", attribute("priority"), rank=3, tones=LEVEL),
    Column("DUE", lambda item: str(getattr(item, "due_on", None) or "")[:10], rank=1),
    Column("FIXED", _share("fixed_devices", "target_devices"), rank=1, right=True),
    Column("BY", attribute("requester_email"), rank=5, least=14),
    Column("ID", attribute("id"), rank=6, least=20),
)  # fmt: skip
ASSET = (
    Column("MACHINE", attribute("computer_dns_name"), rank=0, least=20),
    Column("OS", attribute("os_platform"), rank=2),
    Column("GROUP", attribute("rbac_group_name"), rank=3, least=12),
    Column("TAGS", attribute("tags"), rank=4, least=12),
    Column("ID", attribute("id"), rank=1),
)
INVESTIGATION = (
    Column("STARTED", attribute("start_time"), rank=2),
    Column("STATE", attribute("state"), rank=0),
    Column("MACHINE", lambda item: short_name(getattr(item, "computer_dns_name", None)), rank=1, least=12),
    Column("ENDED", attribute("end_time"), rank=3),
    Column("ALERT", attribute("triggering_alert_id"), rank=5),
    Column("ID", attribute("id"), rank=0),
)
ANTIVIRUS = (
    Column("MACHINE", lambda item: short_name(getattr(item, "computer_dns_name", None)), rank=0, least=12),
    Column("MODE", attribute("av_mode"), rank=1),
    Column("SIGNATURE", attribute("av_signature_version"), rank=2),
    Column("CURRENT", attribute("av_is_signature_up_to_date"), rank=2),
    Column("QUICK SCAN", attribute("quick_scan_result"), rank=3),
    Column("SCANNED", attribute("quick_scan_time"), rank=3),
    Column("ENGINE", attribute("av_engine_version"), rank=5),
    Column("PLATFORM", attribute("av_platform_version"), rank=6),
    Column("LAST SEEN", attribute("last_seen_time"), rank=4),
)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "Alert": ALERT,
    "Machine": MACHINE,
    "MachineAction": MACHINE_ACTION,
    "User": USER,
    "File": FILE,
    "Indicator": INDICATOR,
    "ImportIndicatorResult": IMPORTED,
    "Vulnerability": VULNERABILITY,
    "PublicVulnerabilityDto": VULNERABILITY,
    "Software": SOFTWARE,
    "Recommendation": RECOMMENDATION,
    "RemediationTask": REMEDIATION_TASK,
    "PublicAssetDto": ASSET,
    "Investigation": INVESTIGATION,
    "DeviceAvInfo": ANTIVIRUS,
    "Ip": (Column("ADDRESS", attribute("id"), rank=0),),
    "Domain": (Column("DOMAIN", attribute("host"), rank=0),),
}
"""Entity name → columns. An entity that is not here shows its own simple properties."""


def columns_of(kind: type) -> Sequence[Column]:
    """The columns for a kind of entity."""
    if kind.__name__ in COLUMNS:
        return COLUMNS[kind.__name__]
    from vedette.catalogue.entity import describe

    simple = [p for p in describe(kind) if p.complex_type is None]
    return [
        Column(p.wire, attribute(p.attribute), rank=index, least=0 if p.edm != "Edm.String" else 12)
        for index, p in enumerate(simple)
    ]


def of_rows(names: Sequence[str], *, least: int = 12) -> list[Column]:
    """Columns for rows that are mappings, such as the result of a query."""

    def reader(name: str) -> Callable[[object], object]:
        return lambda row: row.get(name) if isinstance(row, dict) else None

    return [Column(terminal(name), reader(name), rank=index, least=least) for index, name in enumerate(names)]
