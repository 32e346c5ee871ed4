"""What a recorded attack is: technique → alert category, category → severity, and what makes an event telling.

Technique ids and tactics are MITRE ATT&CK's. The signals say which rows of a recording are worth showing as an alert's
evidence; recordings are labelled as a whole, never event by event.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, cast, get_args

from vedette.catalogue.alerts import AlertSeverity, NewCategory

_BY_TECHNIQUE: Final = {
    "Collection": "T1005 T1039 T1056 T1074 T1113 T1114 T1115 T1119 T1123 T1125 T1185 T1560",
    "CommandAndControl": "T1071 T1090 T1095 T1102 T1104 T1105 T1132 T1219 T1568 T1571 T1572 T1573",
    "CredentialAccess": (
        "T1003 T1040 T1056 T1110 T1111 T1187 T1212 T1528 T1539 T1552 T1555 T1556 T1557 T1558 T1606 T1621 T1649"
    ),
    "DefenseEvasion": (
        "T1006 T1014 T1027 T1036 T1055 T1070 T1078 T1112 T1127 T1134 T1140 T1197 T1202 T1207 T1216 T1218 T1220 T1221 "
        "T1222 T1480 T1484 T1497 T1548 T1550 T1553 T1562 T1564 T1574 T1620"
    ),
    "Discovery": (
        "T1007 T1010 T1012 T1016 T1018 T1033 T1040 T1046 T1049 T1057 T1069 T1082 T1083 T1087 T1120 T1124 T1135 T1201 "
        "T1217 T1482 T1497 T1518 T1614 T1615"
    ),
    "Execution": "T1047 T1053 T1059 T1072 T1106 T1129 T1197 T1203 T1204 T1559 T1569",
    "Exfiltration": "T1011 T1020 T1029 T1030 T1041 T1048 T1052 T1537 T1567",
    "InitialAccess": "T1078 T1091 T1133 T1189 T1190 T1195 T1199 T1200 T1566",
    "LateralMovement": "T1021 T1072 T1080 T1091 T1210 T1534 T1550 T1563 T1570",
    "Persistence": (
        "T1037 T1053 T1078 T1098 T1112 T1133 T1136 T1137 T1176 T1197 T1505 T1542 T1543 T1546 T1547 T1554 T1556 T1574"
    ),
    "PrivilegeEscalation": "T1037 T1053 T1055 T1068 T1078 T1098 T1134 T1484 T1543 T1546 T1547 T1548 T1574 T1611",
    "Ransomware": "T1486 T1490",
}
_MAIN: Final = {
    "T1021": "LateralMovement",
    "T1053": "Persistence",
    "T1055": "DefenseEvasion",
    "T1056": "CredentialAccess",
    "T1078": "InitialAccess",
    "T1105": "CommandAndControl",
    "T1134": "PrivilegeEscalation",
    "T1543": "Persistence",
    "T1547": "Persistence",
    "T1548": "PrivilegeEscalation",
    "T1550": "LateralMovement",
    "T1574": "Persistence",
}
"""The category of techniques that serve several tactics, where a data set's key does not name one of these."""

_TACTICS: Final[dict[str, list[str]]] = {}
for _category, _ids in _BY_TECHNIQUE.items():
    for _id in _ids.split():
        _TACTICS.setdefault(_id, []).append(_category)

_CATEGORIES: Final = frozenset(get_args(NewCategory))
_SEVERITY: Final[dict[str, AlertSeverity]] = {
    "CredentialAccess": "High",
    "Exfiltration": "High",
    "InitialAccess": "High",
    "LateralMovement": "High",
    "Ransomware": "High",
    "Discovery": "Low",
}
"""The rest is Medium."""

_TECHNIQUE: Final = re.compile(r"T(?!0000)\d{4}(?:\.\d{3})?")


def techniques(named: Sequence[str]) -> list[str]:
    """The ids that are technique ids; a recording without a fitting technique may carry T0000."""
    return [one for one in named if _TECHNIQUE.fullmatch(one)]


def category(dataset: str, named: Sequence[str]) -> NewCategory:
    """The alert category: the tactic of the first technique. The data set's key decides when it serves several."""
    folders = {part.replace("_", " ").title().replace(" ", "") for part in dataset.split("/")} & _CATEGORIES
    for technique in techniques(named):
        base = technique[:5]
        tactics = _TACTICS.get(base, ())
        if fitting := [tactic for tactic in tactics if tactic in folders]:
            return cast("NewCategory", fitting[0])
        if tactics:
            return cast("NewCategory", _MAIN.get(base, tactics[0]))
    return cast("NewCategory", min(folders, default="SuspiciousActivity"))


def severity(of: str) -> AlertSeverity:
    """How bad an alert of a category is."""
    return _SEVERITY.get(of, "Medium")


def title(dataset: str, given: str) -> str:
    """The title of a data set, or one made from the last part of its key."""
    words = dataset.rpartition("/")[2].replace("_", " ").strip()
    return given or (words[:1].upper() + words[1:])


_PROCESS_SIGNALS: Final = (
    (8, r"mimikatz|rubeus|seatbelt|sharp(?:view|dump|wmi|sc)|purplesharp|powerview|powersploit|invoke-|dumpert"),
    (8, r"nanodump|procdump|comsvcs|minidump|lsass|ntds|\\sam\b|ninjacopy|grunt|payload|psexesvc|cobalt|secretsdump"),
    (6, r"-e(?:nc|ncodedcommand)?\s+[a-z0-9+/=]{40}|frombase64string|downloadstring|\biex\b|-nop\b.*-w|hidden"),
    (6, r"ntdsutil|vssadmin|esentutl|wevtutil|auditpol|bitsadmin|certutil|mavinject|installutil|regsvr32|cmstp|mshta"),
    (5, r"wmic|msbuild|psexec|schtasks|\bsc(?:\.exe)?\b.*(?:config|create|stop|start|query)|netsh|wuauclt|\bhh\.exe"),
    (5, r"\breg(?:\.exe)?\b.*\b(?:add|save|export|query)\b|minint|eventlog|netprofm|fodhelper|control\.exe|xwizard"),
    (4, r"\bnet1?(?:\.exe)?\b\s+(?:user|group|localgroup|use|view|session)|whoami|nltest|quser|systeminfo|tasklist"),
    (3, r"rundll32|wscript|cscript|powershell|pwsh|python|cmd(?:\.exe)?\"?\s+/c|winrm|wsmprovhost|taskmgr|excel"),
    (2, r"\\users\\|\\temp\\|\\programdata\\|\\downloads\\"),
    (-6, r"svchost\.exe -k|conhost|backgroundtaskhost|runtimebroker|taskhostw|searchprotocol|searchfilter|sppsvc"),
    (-6, r"windowsazure|monitoringagent|splunk|googleupdate|microsoftedgeupdate|onedrive|mpcmdrun|msmpeng|winlogbeat"),
)
_PROCESS: Final = tuple((weight, re.compile(pattern, re.IGNORECASE)) for weight, pattern in _PROCESS_SIGNALS)
_FILE: Final = re.compile(
    r"\.(?:exe|dll|ps1|bat|cmd|vbs|js|hta|sct|xsl|dmp|kirbi|msi|xll|chm|inf|lnk|aspx|mof|dit|scr)$", re.IGNORECASE
)
_QUIET_FILE: Final = re.compile(
    r"\\(?:__PSScriptPolicyTest|assembly\\|winsxs\\|softwaredistribution\\|nativeimages|edgeupdate|servicing\\)",
    re.IGNORECASE,
)
_REGISTRY: Final = re.compile(
    r"\\currentversion\\run(?:once)?$|userinitmprlogonscript|\\minint|\\wdigest|\\lsa$|\\lsa\\msv1_0|eventlog"
    r"|fdenytsconn|terminal server$|winlogon$|image file execution|ms-settings|firewallpolicy|\\audit$"
    r"|services\\(?:fax|ikeext|netprofm)|appinit_dlls|processcreationincludecmdline",
    re.IGNORECASE,
)


def process_weight(image: str, command_line: str) -> int:
    """How telling a process start is; 0 or less: not at all."""
    seen = f"{image} {command_line}"
    return sum(weight for weight, pattern in _PROCESS if pattern.search(seen))


def is_telling_file(path: str) -> bool:
    """Whether a file that was written is one that runs, or a dump."""
    return bool(_FILE.search(path)) and not _QUIET_FILE.search(path)


def is_telling_value(key: str, name: str) -> bool:
    """Whether a registry value that was set changes how the system starts, logs or guards itself."""
    return bool(_REGISTRY.search(key) or _REGISTRY.search(name))
