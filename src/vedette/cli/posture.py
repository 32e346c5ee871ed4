"""`vedette posture`, `machines posture`, `vulnerabilities where` and `software who`: weaknesses from four sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from vedette.catalogue.machines import Machines
from vedette.catalogue.recommendations import Recommendation
from vedette.catalogue.scores import Scores
from vedette.catalogue.software import SoftwareInventory
from vedette.catalogue.vulnerabilities import Vulnerabilities
from vedette.cli.arguments import literal
from vedette.cli.columns import LEVEL, RECOMMENDATION, REMEDIATION_TASK, Column, attribute
from vedette.cli.connection import connected, find_machine
from vedette.cli.output import Output
from vedette.cli.resources import help_text
from vedette.cli.responses import named
from vedette.cli.settings import UsageError, command
from vedette.cli.text import terminal

if TYPE_CHECKING:
    from vedette import Defender

_RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3}
_ROWS = click.option(
    "-n", "--limit", type=click.IntRange(min=1), default=5, show_default=True, metavar="N", help="Rows of each list."
)
_WEAKNESS = (
    Column("CVE", attribute("id"), rank=0),
    Column("SEVERITY", attribute("severity"), rank=1, tones={**LEVEL, "Critical": "bold red"}),
    Column("CVSS", attribute("cvss_v3"), rank=2, right=True),
    Column("EPSS", lambda item: f"{getattr(item, 'epss', 0):.2f}", rank=3, right=True),
    Column("EXPLOIT", attribute("public_exploit"), rank=2, tones={"yes": "red"}),
    Column("ABOUT", attribute("description"), rank=4, least=24),
)
_MISSING = (
    Column("UPDATE", lambda item: f"KB{getattr(item, 'id', '')}", rank=0),
    Column("NAME", attribute("name"), rank=1, least=24),
    Column("CVES", attribute("cve_addressed"), rank=1, right=True),
    Column("FOR", attribute("products_names"), rank=2, least=16),
)
_PRODUCT = (
    Column("PRODUCT", attribute("name"), rank=0, least=16),
    Column("VENDOR", attribute("vendor"), rank=2),
    Column("WEAKNESSES", attribute("weaknesses"), rank=1, right=True),
    Column("EXPLOIT", attribute("public_exploit"), rank=2, tones={"yes": "red"}),
)
_ASSET = (
    Column("MACHINE", attribute("machine"), rank=0, least=20),
    Column("PRODUCT", attribute("product"), rank=1, least=14),
    Column("VERSION", attribute("version"), rank=2),
    Column("FIXED BY", attribute("fix"), rank=2),
    Column("OS", attribute("os_platform"), rank=3),
    Column("GROUP", attribute("group"), rank=4, least=10),
    Column("ID", attribute("id"), rank=5),
)
_SCORE = (Column("DEVICE GROUP", attribute("rbac_group_name"), rank=0, least=16), Column(
    "EXPOSURE", lambda item: f"{getattr(item, 'score', 0):.1f}", rank=0, right=True
))  # fmt: skip


class _Row:
    """One line of a table that several answers make up."""

    def __init__(self, **cells: object) -> None:
        self.__dict__.update(cells)


@command(
    "posture",
    help=help_text(
        Machines.list_vulnerabilities,
        "Show what is wrong with a machine: vulnerabilities, missing updates, recommendations, software.",
    ),
    examples=("vedette machines posture ws-01", "vedette machines posture ws-01 -o json | jq .vulnerabilities"),
)
@click.argument("machine")
@_ROWS
@click.pass_context
def machine_posture(context: click.Context, machine: str, *, limit: int) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        found = find_machine(defender, machine)
        weak = sorted(defender.machines.list_vulnerabilities(found.id), key=_worst_first)
        missing = list(defender.machines.list_missing_kbs(found.id))
        advice = sorted(defender.machines.list_recommendations(found.id), key=_most_effect)
        products = sorted(defender.machines.list_software(found.id), key=lambda each: -each.weaknesses)
    if output.form != "table":
        output.record(
            {
                "machineId": found.id,
                "computerDnsName": found.computer_dns_name,
                "exposureLevel": found.exposure_level,
                "vulnerabilities": _plain(weak),
                "missingKbs": _plain(missing),
                "recommendations": _plain(advice),
                "software": _plain(products),
            }
        )
        return
    output.line(output.styled(terminal(named(found)), "bold"))
    output.pairs(
        [
            ("risk, exposure", f"{found.risk_score or 'None'}, {found.exposure_level}"),
            ("vulnerabilities", _counted(weak)),
            ("with an exploit", str(sum(each.public_exploit for each in weak))),
            ("updates missing", str(len(missing))),
            ("recommendations", str(len(advice))),
            ("software", f"{len(products)}, {sum(each.weaknesses > 0 for each in products)} of it weak"),
        ]
    )
    _part(output, "Worst vulnerabilities", _WEAKNESS, weak, limit)
    _part(output, "Missing updates", _MISSING, missing, limit)
    _part(output, "Recommendations", RECOMMENDATION, advice, limit)
    _part(output, "Weakest software", _PRODUCT, [each for each in products if each.weaknesses], limit)


@command(
    "posture",
    help=help_text(Scores.get_exposure, "Show how exposed the organization is, and what to do about it."),
    examples=("vedette posture", "vedette posture -n 20 -o json"),
)
@_ROWS
@click.pass_context
def posture(context: click.Context, *, limit: int) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        exposure, secure = defender.scores.get_exposure(), defender.scores.get_secure()
        groups = sorted(defender.scores.list_exposure_by_group(), key=lambda each: -each.score)
        advice = sorted(
            (
                each
                for each in defender.recommendations.list()
                if each.status == "Active" and each.exposed_machines_count
            ),
            key=_most_effect,
        )
        tasks = [each for each in defender.remediation_tasks.list() if each.status == "Active"]
    tasks.sort(key=lambda each: str(each.due_on or "9"))
    if output.form != "table":
        output.record(
            {
                "exposureScore": exposure.score,
                "secureScore": secure.score,
                "exposureByGroup": _plain(groups),
                "recommendations": _plain(advice[:limit]),
                "remediationTasks": _plain(tasks[:limit]),
            }
        )
        return
    output.pairs(
        [
            ("exposure score", f"{exposure.score:.1f} of 100, lower is better"),
            ("secure score", f"{secure.score:.1f}, higher is better"),
            ("recommendations", f"{len(advice)} that concern machines"),
            ("tasks", f"{len(tasks)} not done"),
        ]
    )
    _part(output, "Exposure by device group", _SCORE, groups, max(limit, len(groups)))
    _part(output, "Recommendations with the most effect", RECOMMENDATION, advice, limit)
    _part(output, "Remediation tasks, due first", REMEDIATION_TASK, tasks, limit)


@command(
    "where",
    help=help_text(
        Vulnerabilities.list_machines,
        "Show which machines have a vulnerability, by which software, and what fixes it.",
    ),
    examples=("vedette vulnerabilities where CVE-2021-44228", "vedette vulnerabilities where CVE-2021-44228 -o csv"),
)
@click.argument("cve", metavar="CVE")
@click.pass_context
def where(context: click.Context, cve: str) -> None:
    output = Output.of(context)
    name = cve.strip().upper()
    with connected(context) as defender, output.progress("Asking"):
        weakness = defender.vulnerabilities.get(name)
        machines = list(defender.vulnerabilities.list_machines(name))
        found = list(defender.vulnerabilities.list_by_machine(filter=f"cveId eq {literal(name)}"))
    known = {each.id: each for each in machines}
    rows = [
        _Row(
            machine=getattr(known.get(each.machine_id), "computer_dns_name", None) or each.machine_id,
            product=" ".join(part for part in (each.product_vendor, each.product_name) if part),
            version=each.product_version,
            fix=f"KB{each.fixing_kb_id}" if each.fixing_kb_id else "",
            os_platform=getattr(known.get(each.machine_id), "os_platform", None),
            group=getattr(known.get(each.machine_id), "rbac_group_name", None),
            id=each.machine_id,
        )
        for each in found
    ]
    listed = {each.machine_id for each in found}
    rows += [
        _Row(machine=each.computer_dns_name, product="", version="", fix="", os_platform=each.os_platform,
             group=each.rbac_group_name, id=each.id)
        for each in machines if each.id not in listed
    ]  # fmt: skip
    if output.form in ("json", "jsonl"):
        output.record({"vulnerability": _plain([weakness])[0], "machines": [_record(row) for row in rows]})
        return
    if output.form == "csv":
        output.records([{"cveId": name, **_record(row)} for row in rows])
        return
    output.line(output.styled(terminal(weakness.id), "bold"))
    output.pairs(
        [
            ("severity", f"{weakness.severity}, CVSS {weakness.cvss_v3}, EPSS {weakness.epss:.2f}"),
            ("exploit", _exploit(public=weakness.public_exploit, verified=weakness.exploit_verified)),
            ("a fix since", weakness.patch_first_available),
            ("about", weakness.description),
            ("machines", str(len({row.__dict__["id"] for row in rows}))),
        ]
    )  # fmt: skip
    output.line()
    output.table(_ASSET, rows, none="No machine has it.")


@command(
    "who",
    help=help_text(
        SoftwareInventory.list_machines,
        "Show which machines have a product, in which versions.\n\nNAME is an id such as microsoft-_-edge, or any part "
        "of the name of a product.",
    ),
    examples=("vedette software who 7-zip", "vedette software who google-_-chrome -o csv"),
)
@click.argument("name")
@click.option("--versions", "with_versions", is_flag=True, help="Only count installations of each version.")
@click.pass_context
def who(context: click.Context, name: str, *, with_versions: bool) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        product = _product(defender, name)
        versions = list(defender.software.list_versions(product.id))
        machines = [] if with_versions else list(defender.software.list_machines(product.id))
    if output.form in ("json", "jsonl"):
        output.record({"software": _plain([product])[0], "versions": _plain(versions), "machines": _plain(machines)})
        return
    if output.form == "csv":
        output.records([{"softwareId": product.id, **each} for each in _plain(versions if with_versions else machines)])
        return
    output.line(output.styled(terminal(f"{product.vendor} {product.name}"), "bold"))
    output.pairs(
        [
            ("id", product.id),
            ("installed on", f"{product.installed_machines} machines"),
            (
                "weaknesses",
                f"{product.weaknesses}" + (", a public exploit among them" if product.public_exploit else ""),
            ),
        ]
    )
    columns = (
        Column("VERSION", attribute("version"), rank=0, least=12),
        Column("INSTALLED", attribute("installations"), rank=0, right=True),
        Column("VULNERABILITIES", attribute("vulnerabilities"), rank=1, right=True),
    )
    _part(output, "Versions", columns, versions, len(versions))
    if not with_versions:
        rows = [
            _Row(machine=each.computer_dns_name, product="", version="", fix="", os_platform=each.os_platform,
                 group=each.rbac_group_name, id=each.id)
            for each in machines
        ]  # fmt: skip
        _part(output, "Machines", _ASSET, rows, len(rows))


def _exploit(*, public: bool, verified: bool) -> str:
    return ("public, verified" if verified else "public") if public else "none known"


def _product(defender: Defender, name: str) -> Any:  # Any: a product, loaded late
    """The product of this id or name. Raises: UsageError where several have it, NotFound where none has."""
    if "-_-" in name:
        return defender.software.get(name)
    part = name.casefold().replace(" ", "_")
    found = [each for each in defender.software.list() if part in (each.name or "").casefold()]
    exact = [each for each in found if (each.name or "").casefold() == part]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        from vedette.errors import ConfigurationError

        raise ConfigurationError(f"no product has {name} in its name", hint="vedette software list shows all")
    ids = ", ".join(each.id for each in found[:10]) + (", …" if len(found) > 10 else "")
    raise UsageError(f"{len(found)} products have {name} in their name", hint=f"name one: {ids}")


def _most_effect(each: Recommendation) -> tuple[float, float]:
    return -each.exposure_impact, -each.severity_score


def _worst_first(each: Any) -> tuple[int, float, str]:  # Any: a vulnerability in either of its two shapes
    return _RANK.get((each.severity or "").casefold(), 9), -each.cvss_v3, each.id


def _counted(weak: Sequence[Any]) -> str:  # Any: as above
    severities = [each.severity or "?" for each in weak]
    order = sorted(set(severities), key=lambda severity: _RANK.get(severity.casefold(), 9))
    counts = ", ".join(f"{severities.count(severity)} {severity}" for severity in order)
    return f"{len(weak)}" + (f": {counts}" if counts else "")


def _part(output: Output, title: str, columns: Sequence[Column], rows: Sequence[object], limit: int) -> None:
    if not rows:
        return
    output.line()
    of = f" ({limit} of {len(rows)})" if len(rows) > limit else f" ({len(rows)})"
    output.line(output.styled(f"{title}{of}", "bold"))
    output.table(columns, rows[:limit])


def _plain(items: Iterable[Any]) -> list[dict[str, Any]]:  # Any: entities, as the service writes them
    import msgspec

    return [msgspec.to_builtins(item) for item in items]


def _record(row: _Row) -> dict[str, object]:
    names = {"machine": "computerDnsName", "id": "machineId", "os_platform": "osPlatform", "group": "rbacGroupName",
             "product": "productName", "version": "productVersion", "fix": "fixingKb"}  # fmt: skip
    return {names[name]: value for name, value in row.__dict__.items()}
