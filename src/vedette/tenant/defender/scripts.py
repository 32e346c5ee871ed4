"""What a script of the live response library does on a machine: a few commands of PowerShell and sh, line by line.

The machine does not exist, so nothing runs. Commands that read something answer from telemetry; lines that are not
understood do nothing and say nothing. It is enough to see output, errors, exit codes and timeouts.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vedette.catalogue.machines import Machine
from vedette.tenant.defender.investigation_package import ip_config
from vedette.tenant.defender.machine_files import MachineFiles

USUAL_S = 10.0
"""How long a script takes that does not sleep."""
SHOWN_ROWS = 200
MOST_TEXT_BYTES = 64 * 1024
_SAY = re.compile(r"(?:write-output|write-host|echo)\s+(.+)", re.IGNORECASE)
_ERROR = re.compile(r"(?:write-error)\s+(?:-message\s+)?(.+)", re.IGNORECASE)
_THROW = re.compile(r"throw\s+(.+)", re.IGNORECASE)
_EXIT = re.compile(r"exit(?:\s+(-?\d+))?", re.IGNORECASE)
_SLEEP = re.compile(r"(?:start-sleep\s+(?:-s(?:econds)?\s+)?|sleep\s+)(\d+(?:\.\d+)?)s?", re.IGNORECASE)
_READ = re.compile(r"(?:get-content|gc|cat|type)\s+(?:-path\s+)?(.+)", re.IGNORECASE)
_FOLDER = re.compile(r"(?:get-childitem|gci|dir|ls)\s+(?:-path\s+)?(.+)", re.IGNORECASE)


@dataclass
class Run:
    """How a script went."""

    output: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exit_code: int = 0
    seconds: float = USUAL_S


def run(script: str, arguments: str, machine: Machine, files: MachineFiles) -> Run:
    """Carry a script out, as far as its lines are understood."""
    result = Run()
    for raw in script.lstrip("\ufeff").splitlines():
        line = raw.strip().rstrip(";").strip()
        if line and not line.startswith("#") and not _line(result, line, _names(machine, arguments), machine, files):
            break
    return result


def _line(result: Run, line: str, names: Mapping[str, str], machine: Machine, files: MachineFiles) -> bool:
    """One line. Returns: whether the script goes on."""
    if found := _EXIT.fullmatch(line):
        result.exit_code = int(found[1] or 0)
        return False
    if found := _THROW.fullmatch(line):
        result.errors.append(_text(found[1], names))
        result.exit_code = 1
        return False
    if found := _SAY.fullmatch(line):
        result.output.append(_text(found[1], names))
    elif found := _ERROR.fullmatch(line):
        result.errors.append(_text(found[1], names))
    elif found := _SLEEP.fullmatch(line):
        result.seconds += float(found[1])
    elif found := _READ.fullmatch(line):
        _read(result, _text(found[1], names), files)
    elif found := _FOLDER.fullmatch(line):
        result.output += files.folder(_text(found[1], names))
    elif (answer := _ANSWERS.get(line.lower().partition(" ")[0])) is not None:
        result.output += answer(machine, files)
    return True


def _read(result: Run, path: str, files: MachineFiles) -> None:
    found = files.find(path)
    if found is None:
        result.errors.append(f"Cannot find path '{path}' because it does not exist.")
        return
    result.output += files.content(found)[:MOST_TEXT_BYTES].decode("utf-8", "replace").splitlines()


def _names(machine: Machine, arguments: str) -> Mapping[str, str]:
    given = [part or quoted for quoted, part in re.findall(r'"([^"]*)"|(\S+)', arguments)]
    host = (machine.computer_dns_name or "").partition(".")[0]
    names = {"env:computername": host, "hostname": host, "env:username": "SYSTEM", "args": arguments, "@": arguments}
    for number, value in enumerate(given):
        names[f"args[{number}]"] = value
        names[str(number + 1)] = value
    for name, value in itertools.pairwise(given):
        if name.startswith("-"):
            names[name[1:].lower()] = value
    return names


def _text(written: str, names: Mapping[str, str]) -> str:
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return re.sub(r"\$\{?([@\w:]+(?:\[\d+\])?)\}?", lambda found: names.get(found[1].lower(), ""), text)


def _processes(_: Machine, files: MachineFiles) -> list[str]:
    rows = files.forensics.processes()[:SHOWN_ROWS]
    return [f"{'Id':>7}  {'ProcessName':<28} Path"] + [
        f"{row['ProcessId'] or 0:>7}  {row['FileName'] or '':<28} {row['FolderPath'] or ''}" for row in rows
    ]


def _connections(_: Machine, files: MachineFiles) -> list[str]:
    rows = files.forensics.connections()[:SHOWN_ROWS]
    return [
        f"{row['Protocol'] or '':<5} {row['LocalIP'] or ''}:{row['LocalPort'] or 0}  "
        f"{row['RemoteIP'] or ''}:{row['RemotePort'] or 0}  {row['InitiatingProcessFileName'] or ''}".rstrip()
        for row in rows
    ]


def _who(_: Machine, files: MachineFiles) -> list[str]:
    return ["nt authority\\system" if files.is_windows else "root"]


def _host(machine: Machine, _: MachineFiles) -> list[str]:
    return [(machine.computer_dns_name or "").partition(".")[0]]


def _network(_: Machine, files: MachineFiles) -> list[str]:
    return ip_config(files.forensics.adapters())


_ANSWERS: Mapping[str, Callable[[Machine, MachineFiles], list[str]]] = {
    **dict.fromkeys(("get-process", "ps", "tasklist"), _processes),
    **dict.fromkeys(("get-nettcpconnection", "netstat", "ss"), _connections),
    **dict.fromkeys(("whoami", "id"), _who),
    "hostname": _host,
    **dict.fromkeys(("ipconfig", "get-netipaddress", "ip", "ifconfig"), _network),
}
