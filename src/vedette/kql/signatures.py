"""How functions are declared: a line of text a signature, and what is known about the function beside it.

```text
substring(source: scalar, start: integer, length: integer?) -> string
strcat(value: scalar+) -> string                                one or more
bag_pack((key: string, value: scalar)+) -> dynamic              repeated together
```

A parameter's kind is a type of Kusto, several of them (`string|dynamic`), or a class of `CLASSES`; `common` parameters
get one type, which numbers widen to, and which is dynamic when they have none in common; `same` ones must have one. A
result is a type, or `first`, `second` (the type of that argument), `first_promoted` (int becomes long), `widest` (of
the numbers), `common`, or `literal` (the type that a `typeof` argument names).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from vedette.catalogue.tables import KqlType

TYPES: Final[frozenset[KqlType]] = frozenset(get_args(KqlType))
NUMBERS: Final[tuple[KqlType, ...]] = ("int", "long", "real", "decimal")
"""From narrow to wide."""
_NUMBER: frozenset[KqlType] = frozenset(NUMBERS)
_SUMMABLE: frozenset[KqlType] = _NUMBER | {"datetime", "timespan"}
CLASSES: Final[dict[str, frozenset[KqlType]]] = {
    "scalar": TYPES,
    "common": TYPES,
    "same": TYPES,
    "number": _NUMBER,
    "integer": frozenset({"int", "long"}),
    "summable": _SUMMABLE,
    "orderable": TYPES - {"dynamic"},
    "number_or_bool": _NUMBER | {"bool"},
    "text": frozenset({"string", "dynamic"}),
    "array": frozenset({"dynamic"}),
    "bag": frozenset({"dynamic"}),
    "not_dynamic": TYPES - {"dynamic"},
    "not_bool": TYPES - {"bool"},
    "not_real_or_bool": TYPES - {"real", "bool"},
    "integer_or_array": frozenset({"int", "long", "dynamic"}),
    "type": frozenset(),
    "table": frozenset(),
}
SHARED: Final = frozenset({"common", "same"})
"""Kinds of arguments that get one type."""
_WIDENS: Final[dict[KqlType, frozenset[KqlType]]] = {
    "long": frozenset({"int"}),
    "real": frozenset({"int", "long"}),
    "decimal": frozenset({"int", "long", "real"}),
}
"""A declared type → the types that are accepted in its place."""

Kind = Literal["scalar", "aggregate", "window", "plugin", "tabular", "operator"]
Naming = Literal["none", "first", "only", "function_and_first", "prefix_and_first", "prefix"]
"""How a column gets its name when the query gives none: `Column1`, `x`, `x` if x is the only argument, `strlen_x`,
`<prefix>_x`, `<prefix>`."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter. `accepts` is empty for what is no scalar (`type`, `table`)."""

    name: str
    kind: str
    accepts: frozenset[KqlType]
    optional: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function. Repeating parameters lie side by side, between `before` and `after`."""

    before: tuple[Param, ...]
    repeating: tuple[Param, ...]
    after: tuple[Param, ...]
    at_least: int
    """How often the repeating ones must be there."""
    returns: str
    text: str

    def assigned(self, count: int) -> tuple[Param, ...] | None:
        """The parameter of each of so many arguments; None when that many do not fit."""
        if not self.repeating:
            required = sum(not param.optional for param in self.before)
            return self.before[:count] if required <= count <= len(self.before) else None
        rest = count - len(self.before) - len(self.after)
        times, over = divmod(rest, len(self.repeating))
        if over or times < self.at_least:
            optional_after = sum(param.optional for param in self.after)
            times, over = divmod(rest + optional_after, len(self.repeating))
            if not optional_after or over or times < self.at_least:
                return None
            return self.before + self.repeating * times + self.after[: len(self.after) - optional_after]
        return self.before + self.repeating * times + self.after


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language, as completion, help, the support table and the binder see it."""

    name: str
    kind: Kind
    signatures: tuple[Signature, ...]
    summary: str
    source: str
    naming: Naming = "none"
    prefix: str = ""
    """Of the default column name; the function's name by default."""
    outputs: tuple[tuple[str, KqlType], ...] = ()
    """Suffix and type of each column, for the few functions that give several (`series_stats`)."""
    deprecated: str = ""
    """What to write instead; empty when in use."""
    family: str = ""
    every_column: bool = False
    """Whether `*` stands for all columns among the arguments."""


_PART = re.compile(r"\s*(\()?\s*(\w+)\s*:\s*([\w|]+)([?*+]?)\s*(\)[*+])?\s*(?:,|$)")
DOCS: Final = "https://learn.microsoft.com/kusto/query/"


def signature(text: str) -> Signature:
    """Read a signature's text."""
    head, _, returns = text.rpartition("->")
    inside = head[head.index("(") + 1 : head.rindex(")")]
    before: list[Param] = []
    repeating: list[Param] = []
    after: list[Param] = []
    at, at_least, grouped = 0, 0, False
    while at < len(inside):
        match = _PART.match(inside, at)
        if not match:
            raise ValueError(f"cannot read the signature {text!r} from {inside[at:]!r} on")
        at = match.end()
        opened, name, kind, mark, closed = match.groups()
        grouped = grouped or bool(opened)
        param = Param(name, kind, _accepted(kind), optional=mark == "?", repeats=grouped or mark in ("*", "+"))
        if param.repeats:
            repeating.append(param)
            if mark == "+" or (closed and closed.endswith("+")):
                at_least = 1
        else:
            (after if repeating else before).append(param)
        if closed:
            grouped = False
    return Signature(tuple(before), tuple(repeating), tuple(after), at_least, returns.strip(), text)


def _accepted(kind: str) -> frozenset[KqlType]:
    if kind in CLASSES:
        return CLASSES[kind]
    declared = frozenset(cast(KqlType, one) for one in kind.split("|"))
    if unknown := declared - TYPES:
        raise ValueError(f"{', '.join(sorted(unknown))} is no type")
    widened = declared
    for one in declared:
        widened |= _WIDENS.get(one, frozenset())
    return widened


class Family:
    """Declares the functions of one module, and collects them."""

    def __init__(self, name: str, kind: Kind = "scalar") -> None:
        self.name = name
        self.kind: Kind = kind
        self.functions: dict[str, Function] = {}

    def add(
        self,
        *texts: str,
        says: str,
        naming: Naming = "none",
        prefix: str = "",
        outputs: tuple[tuple[str, KqlType], ...] = (),
        source: str = "",
        aliases: Sequence[str] = (),
        deprecated: Sequence[str] = (),
        every_column: bool = False,
    ) -> None:
        """Declare a function by its signatures.

        says: what it gives, in one sentence. source: its page; by default the one named like the function.
        aliases: other names that mean the same; deprecated: older ones, which the lint advises against.
        """
        signatures = tuple(signature(text) for text in texts)
        name = texts[0].partition("(")[0].strip()
        page = source or f"{DOCS}{name.replace('_', '-')}{'-aggregation' * (self.kind == 'aggregate')}-function"
        for known in (name, *aliases, *deprecated):
            self.functions[known] = Function(
                name=known,
                kind=self.kind,
                signatures=signatures,
                summary=says,
                source=page,
                naming=naming,
                prefix=prefix or name,
                outputs=outputs,
                deprecated=name if known in deprecated else "",
                family=self.name,
                every_column=every_column,
            )
            if known != name:
                CANONICAL[known] = name


CANONICAL: dict[str, str] = {}
"""Another name of a function → the name under which engines know it."""


@dataclass(frozen=True, slots=True)
class Match:
    """A signature that fits a call: its number, the result's type, and the type that `common` arguments get."""

    variant: int
    returns: KqlType
    common: KqlType | None
    params: tuple[Param, ...]


def match(function: Function, types: Sequence[KqlType | None], literal: Callable[[], KqlType | None]) -> Match | None:
    """The first signature that arguments of these types fit; None when none does.

    types: None stands for an argument that is no scalar (`typeof`, a table). literal: the type that `typeof` names.
    """
    for loosely in (False, True):
        for variant, one in enumerate(function.signatures):
            params = one.assigned(len(types))
            if params is None or not all(
                _takes(param, type, loosely) for param, type in zip(params, types, strict=True)
            ):
                continue
            shared = [type for param, type in zip(params, types, strict=True) if param.kind in SHARED and type]
            common = common_type(shared) if shared else None
            if any(param.kind == "same" for param in params) and not _alike(shared):
                continue
            returned = _returned(one.returns, types, common, literal)
            if returned is not None:
                return Match(variant, returned, common, params)
    return None


def _takes(param: Param, type: KqlType | None, loosely: bool) -> bool:
    """Whether an argument of this type fits. Loosely, a dynamic value fits where a text is declared."""
    if type is None:
        return not param.accepts
    return type in param.accepts or (
        loosely and type == "dynamic" and "string" in param.accepts and param.kind not in CLASSES
    )


def _alike(types: Sequence[KqlType]) -> bool:
    return len(set(types)) == 1 or set(types) <= set(NUMBERS)


def _returned(
    returns: str, types: Sequence[KqlType | None], common: KqlType | None, literal: Callable[[], KqlType | None]
) -> KqlType | None:
    scalars = [type for type in types if type is not None]
    match returns:
        case "first":
            return scalars[0]
        case "second":
            return scalars[1]
        case "first_promoted":
            return "long" if scalars[0] == "int" else scalars[0]
        case "widest":
            return widest(scalars)
        case "common":
            return common
        case "literal":
            return literal()
        case _:
            return cast(KqlType, returns)


def widest(types: Sequence[KqlType]) -> KqlType:
    """The widest of several number types; arithmetic on int gives long."""
    found = max((type for type in types if type in NUMBERS), key=NUMBERS.index, default=types[0])
    return "long" if found == "int" else found


def common_type(types: Sequence[KqlType]) -> KqlType | None:
    """The type that values of all these types can have together.

    Numbers widen, something known wins over dynamic, and what has nothing in common is dynamic.
    """
    distinct = set(types)
    if len(distinct) == 1:
        return types[0]
    if distinct <= set(NUMBERS):
        return max(distinct, key=NUMBERS.index)
    known = distinct - {"dynamic"}
    if len(known) == 1:
        return known.pop()
    return "dynamic"
