"""Operators that compare and search text. `==` and `!=` are among the comparisons.

A term is a longest run of letters and digits. The `has` operators look for whole terms (or their beginnings and ends),
`contains` for any part of a text.
"""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("string operators", "operator")

_SEARCHES: Final = {
    "has": "Whether a text occurs as a whole term",
    "hasprefix": "Whether a term begins with a text",
    "hassuffix": "Whether a term ends with a text",
    "contains": "Whether a text occurs anywhere",
    "startswith": "Whether the text begins with another",
    "endswith": "Whether the text ends with another",
}
_NEGATED: Final = {"": "", "!": "; negated"}
_CASED: Final = {"": "letter case does not count", "_cs": "letter case counts"}

for _name, _says in _SEARCHES.items():
    for _not, _negation in _NEGATED.items():
        for _cased, _case in _CASED.items():
            _page = ("not-" if _not else "") + _name + ("-cs" if _cased else "") + "-operator"
            FAMILY.add(
                f"{_not}{_name}{_cased}(left: text, right: text) -> bool",
                says=f"{_says}{_negation}; {_case}.",
                source=f"{DOCS}{_page}",
            )

for _name, _negation, _case in (
    ("like", "", _CASED[""]),
    ("notlike", "; negated", _CASED[""]),
    ("likecs", "", _CASED["_cs"]),
    ("notlikecs", "; negated", _CASED["_cs"]),
):
    FAMILY.add(
        f"{_name}(left: text, right: text) -> bool",
        says=f"Whether a text is of a form in which * stands for anything{_negation}; {_case}.",
        source=f"{DOCS}datatypes-string-operators",
    )

FAMILY.add("=~(left: text, right: text) -> bool", says="Equal but for letter case.", source=f"{DOCS}equals-operator")
FAMILY.add(
    "!~(left: text, right: text) -> bool",
    says="Not equal even without letter case.",
    source=f"{DOCS}not-equals-operator",
)
FAMILY.add(
    "matches regex(left: text, right: text) -> bool",
    says="Whether a regular expression matches anywhere in a text.",
    source=f"{DOCS}matches-regex-operator",
)
FAMILY.add(
    "has_any(left: text, values: scalar*) -> bool",
    says="Whether any of the values occurs as a whole term; letter case does not count.",
    source=f"{DOCS}has-any-operator",
)
FAMILY.add(
    "has_all(left: text, values: scalar*) -> bool",
    says="Whether all of the values occur as whole terms; letter case does not count.",
    source=f"{DOCS}has-all-operator",
)
FAMILY.add(
    "in~(left: text, values: scalar*) -> bool",
    says="Whether the text is one of the values but for letter case.",
    source=f"{DOCS}in-operator",
)
FAMILY.add(
    "!in~(left: text, values: scalar*) -> bool",
    says="Whether the text is none of the values, also without letter case.",
    source=f"{DOCS}not-in-operator",
)
FAMILY.add(
    ":(left: scalar, right: text) -> bool",
    says="Whether a value, as text, has a term; a part of a term where a * stands at its end or start.",
    source=f"{DOCS}search-operator",
)
