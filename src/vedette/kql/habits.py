"""What people write by slip or out of the habit of other languages, and what KQL says instead: hints of errors."""

from __future__ import annotations

from collections.abc import Mapping

BEHIND_AN_EXPRESSION: Mapping[str, str] = {
    "ascending": "Write asc.",
    "by": "Only summarize and its kin group: summarize count() by …",
    "descending": "Write desc.",
    "equals": "Write ==, or =~ to ignore letter case.",
    "from": "The table stands first, then a bar: DeviceEvents | project …",
    "group": "Write by: summarize count() by …",
    "having": "Filter behind the summarize: … | where …",
    "is": "Write isnull(…), or isempty(…) for a text.",
    "not": "Write !=, !in, !has, !contains …, or not(…) around the condition.",
    "notin": "Write !in.",
    "then": "Write iff(condition, then, otherwise), or case(…).",
    "xor": "Write a != b.",
    "?": "Write iff(condition, then, otherwise).",
    "^": "Write binary_xor(…), or pow(…).",
    "&": "Write and; binary_and(…) works on bits.",
}
"""What to write instead of a word or sign that cannot follow an expression."""

NOT = "Put the condition in parentheses: not(…)"
"""For `not` in front of a condition."""

SIDE_BY_SIDE = "Is a comma, an operator or a parenthesis missing before it?"
"""For two values next to each other."""

SQL_FIRST = "This looks like SQL. A query begins with its table: DeviceEvents | where … | project …"
"""For a query whose first word is `select`."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "cast": ("tostring", "tolong", "todatetime"),
    "char_length": ("strlen",),
    "concat": ("strcat",),
    "contains": ("has", "contains"),
    "count_if": ("countif",),
    "date": ("startofday", "todatetime"),
    "date_trunc": ("bin",),
    "dateadd": ("datetime_add",),
    "datediff": ("datetime_diff",),
    "datepart": ("datetime_part",),
    "distinct_count": ("dcount",),
    "group_concat": ("make_set", "make_list"),
    "ifnull": ("coalesce",),
    "instr": ("indexof",),
    "isblank": ("isempty",),
    "isnotblank": ("isnotempty",),
    "isnone": ("isnull",),
    "json_extract": ("extract_json", "parse_json"),
    "left": ("substring",),
    "len": ("strlen", "array_length"),
    "length": ("strlen", "array_length"),
    "listagg": ("make_list",),
    "lower": ("tolower",),
    "lcase": ("tolower",),
    "mean": ("avg",),
    "median": ("percentile",),
    "nvl": ("coalesce",),
    "regexp_extract": ("extract",),
    "regexp_replace": ("replace_regex",),
    "right": ("substring",),
    "string_agg": ("make_list", "strcat_array"),
    "substr": ("substring",),
    "to_string": ("tostring",),
    "ucase": ("toupper",),
    "upper": ("toupper",),
    "values": ("make_set",),
}
"""What functions of other languages are called here."""

NULL = "Write isnull(…) or isnotnull(…), or a null with its type: int(null)."
"""For `null` where a value was meant."""

_RENAMED_TABLES = {
    "accountinfo": ("IdentityInfo",),
    "alertevents": ("AlertInfo", "AlertEvidence"),
    "appfileevents": ("CloudAppEvents",),
    "devicealertevents": ("AlertInfo", "AlertEvidence"),
    "filecreationevents": ("DeviceFileEvents",),
    "imageloadevents": ("DeviceImageLoadEvents",),
    "logonevents": ("DeviceLogonEvents",),
    "machineinfo": ("DeviceInfo",),
    "machinenetworkinfo": ("DeviceNetworkInfo",),
    "miscevents": ("DeviceEvents",),
    "networkcommunicationevents": ("DeviceNetworkEvents",),
    "processcreationevents": ("DeviceProcessEvents",),
    "registryevents": ("DeviceRegistryEvents",),
}
_RENAMED_COLUMNS = {
    "computername": ("DeviceName",),
    "eventtime": ("Timestamp",),
    "finalemailaction": ("EmailAction",),
    "machineid": ("DeviceId",),
    "malwarefilterverdict": ("ThreatTypes",),
    "phishfilterverdict": ("ThreatTypes",),
}

NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "function": FUNCTIONS,
    "table": _RENAMED_TABLES,
    "column": _RENAMED_COLUMNS,
}
"""What a name is called here: by what it names, then by the name in small letters. Hunting tables and their columns
were renamed more than once, and published queries still have their old names."""
