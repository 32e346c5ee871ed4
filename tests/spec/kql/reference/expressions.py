"""Makes up scalar expressions of the constructs that the reference knows, over given columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from tests.spec.kql.reference.terms import Items, Term
from vedette.catalogue.tables import KqlType

LITERALS: Final[Mapping[KqlType, tuple[str, ...]]] = {
    "string": (
        '""',
        '"a"',
        '"A"',
        '"b"',
        '"power"',
        '"Shell"',
        '"é"',
        '"x,y"',
        '"42"',
        '"abc"',
        '"-7"',
        '"exe"',
        '"q"',
    ),
    "bool": ("true", "false", "bool(null)"),
    "int": ("int(0)", "int(1)", "int(-7)", "int(null)"),
    "long": ("0", "1", "2", "3", "-1", "10", "long(null)"),
    "real": ("0.0", "1.5", "-2.25", "0.5", "2.0", "real(null)"),
    "datetime": (
        "datetime(2024-01-01)",
        "datetime(2024-02-29T23:30:00.0000001Z)",
        "datetime(2021-04-06)",
        "datetime(9999-12-31)",
        "datetime(0001-01-01)",
        "now()",
        "ago(30d)",
        "datetime(null)",
    ),
    "timespan": ("1h", "0s", "-1d", "1d", "90m", "timespan(null)"),
    "guid": ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "guid(null)"),
    "dynamic": (
        "dynamic([1, 2, 3])",
        'dynamic(["x", "Y", "a"])',
        "dynamic([])",
        'dynamic({"a": 1, "b": "x"})',
        "dynamic(null)",
        "dynamic([1, null, -1])",
    ),
}
_TEXT_TESTS: Final = (
    "has",
    "!has",
    "has_cs",
    "hasprefix",
    "!hasprefix",
    "hassuffix",
    "contains",
    "!contains",
    "contains_cs",
    "startswith",
    "!startswith",
    "startswith_cs",
    "endswith",
    "!endswith",
    "endswith_cs",
    "==",
    "!=",
    "=~",
    "!~",
    "==",
    "hassuffix_cs",
    "!has_cs",
    "!contains_cs",
    "hasprefix_cs",
)
_NEEDLES: Final = (
    '"a"',
    '"A"',
    '"power"',
    '"shell"',
    '"Shell"',
    '"é"',
    '"É"',
    '"x"',
    '"42"',
    '"b"',
    '"exe"',
    '"aa"',
    '"7"',
)
_PLAIN_TESTS: Final = ("contains", "!contains", "contains_cs", "startswith", "endswith", "startswith_cs", "endswith_cs")
_SPECIAL_NEEDLES: Final = ('"%"', '"_"', '"%_"', '"\\\\"', '"."', '""', '"\'"', '" "', '"C:\\\\win"', '"q\'"')
_PATTERNS: Final = ('"a+"', '"^[a-z]+$"', '"[0-9]"', '"x.y"', '"(p|P)ower"', '"e$"')
_PERIODS: Final = ("year", "quarter", "month", "day", "hour", "minute", "second")


def term(*parts: str | Term | Items) -> Term:
    """A term of no type."""
    return Term(parts)


class Expressions:
    """Makes up expressions over columns."""

    def __init__(self, chance: Random, columns: Sequence[tuple[str, KqlType]]) -> None:
        self.chance = chance
        self.columns = columns

    def expression(self, kind: KqlType, depth: int) -> Term:
        """An expression of a type: the deeper it may be, the likelier is a call."""
        fitting = [name for name, found in self.columns if found == kind]
        if depth <= 0 or self.chance.random() < 0.3:
            name = self.chance.choice(fitting) if fitting and self.chance.random() < 0.85 else ""
            return Term((name or self.chance.choice(LITERALS[kind]),), kind)
        if self.chance.random() < 0.12:
            return self._choice(kind, depth - 1)
        made = _MADE[kind](self, depth - 1)
        return Term(made.parts, kind)

    def bool(self, depth: int) -> Term:
        """A condition."""
        return self.expression("bool", depth)

    def _choice(self, kind: KqlType, depth: int) -> Term:
        one, other = self.expression(kind, depth), self.expression(kind, depth)
        choices = [
            ("iff(", self.bool(depth), ", ", one, ", ", other, ")"),
            (
                "case(",
                self.bool(depth),
                ", ",
                one,
                ", ",
                self.bool(depth),
                ", ",
                other,
                ", ",
                self.expression(kind, 0),
                ")",
            ),
        ]
        if kind != "dynamic":
            choices += [("coalesce(", one, ", ", other, ")")]
        return Term(self.chance.choice(choices), kind)

    def pick(self, items: Sequence[str]) -> str:
        return self.chance.choice(items)

    def _one_of(self, made: Sequence[Callable[[], Term]]) -> Term:
        return self.chance.choice(made)()

    def make_bool(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        numbers: Sequence[KqlType] = ("int", "long", "real")
        ordered: KqlType = self.chance.choice((*numbers, "datetime", "timespan"))
        other: KqlType = self.chance.choice(numbers) if ordered in numbers else ordered
        equal: KqlType = self.chance.choice(("bool", "guid", "string"))
        anything: KqlType = self.chance.choice(tuple(LITERALS))
        compared = self.pick(("==", "!=", "<", "<=", ">", ">="))
        texts = Items(tuple(self.expression("string", 0) for _ in range(1 + self.chance.randrange(3))))
        instants = ("datetime(2024-01-01)", "datetime(2021-04-06T00:00:00.000001Z)", "datetime(9999-12-31)")
        times = Items(tuple(Term((self.pick(instants),)) for _ in range(2)))
        wholes = Items(tuple(Term((self.pick(("0", "1", "-7", "2")),)) for _ in range(1 + self.chance.randrange(3))))
        return self._one_of(
            [
                *[lambda: term("(", some("string"), f" {self.pick(_TEXT_TESTS)} {self.pick(_NEEDLES)})")] * 6,
                *[lambda: term("(", some("string"), f" {self.pick(_TEXT_TESTS)} ", some("string"), ")")] * 2,
                lambda: term("(", some(ordered), f" {compared} ", some(other), ")"),
                lambda: term("(", some(ordered), f" {compared} ", some(other), ")"),
                lambda: term("(", some(equal), f" {self.pick(('==', '!='))} ", some(equal), ")"),
                lambda: term("(", some("string"), f" {self.pick(_TEXT_TESTS)} {self.pick(_NEEDLES)})"),
                lambda: term("(", some("string"), f" {self.pick(_TEXT_TESTS)} {self.pick(_NEEDLES)})"),
                lambda: term("(", some("string"), f" {self.pick(_TEXT_TESTS)} ", some("string"), ")"),
                lambda: term("(", some("string"), f" {self.pick(('in', '!in', 'in~', '!in~'))} (", texts, "))"),
                lambda: term(
                    "(", some(self.chance.choice(("int", "long"))), f" {self.pick(('in', '!in'))} (", wholes, "))"
                ),
                lambda: term(
                    "(",
                    some("string"),
                    f" {self.pick(('has_any', 'has_all'))} (",
                    Items(tuple(Term((self.pick(_NEEDLES),)) for _ in range(2))),
                    "))",
                ),
                lambda: term("(", some("string"), " in (dynamic(", self.pick(("[]", '["a", "", "é"]')), ")))"),
                lambda: term("(", some("string"), f" matches regex {self.pick(_PATTERNS)})"),
                lambda: term("(", some("string"), f" {self.pick(_PLAIN_TESTS)} {self.pick(_SPECIAL_NEEDLES)})"),
                lambda: term("(", some("datetime"), f" {self.pick(('in', '!in'))} (", times, "))"),
                lambda: term(
                    "(", some("string"), f" {self.pick(('has_any', 'has_all'))} (dynamic(['a', 'Shell', 'x'])))"
                ),
                lambda: term("(", some("bool"), f" {self.pick(('and', 'or'))} ", some("bool"), ")"),
                lambda: term("(", some("bool"), f" {self.pick(('and', 'or'))} ", some("bool"), ")"),
                lambda: term("not(", some("bool"), ")"),
                lambda: term(f"{self.pick(('isnull', 'isnotnull', 'isempty', 'isnotempty'))}(", some(anything), ")"),
                lambda: term(
                    "(",
                    some(ordered),
                    f" {self.pick(('between', '!between'))} (",
                    some(ordered),
                    " .. ",
                    some(ordered),
                    "))",
                ),
                lambda: term("(", some("datetime"), " between (datetime(2024-01-01) .. ", some("timespan"), "))"),
                lambda: term("tobool(", some(self.chance.choice(("string", "int", "long", "bool"))), ")"),
                lambda: term(
                    "(",
                    some("dynamic"),
                    f".{self.pick('ab')} {self.pick(('==', '!='))} ",
                    self.chance.choice((term('"x"'), term("1"))),
                    ")",
                ),
                lambda: term("bag_has_key(", some("dynamic"), ', "a")'),
                lambda: term("set_has_element(", some("dynamic"), ", ", self.expression("string", 0), ")"),
                lambda: term(f"{self.pick(('isnan', 'isinf', 'isfinite'))}(", some("real"), ")"),
            ]
        )

    def make_string(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        anything: KqlType = self.chance.choice(
            ("string", "int", "long", "datetime", "timespan", "guid", "dynamic", "real")
        )
        return self._one_of(
            [
                lambda: term("strcat(", some("string"), ", ", some(anything), ")"),
                lambda: term('strcat_delim("-", ', some("string"), ", ", some(anything), ", ", some("string"), ")"),
                lambda: term(f"{self.pick(('tolower', 'toupper', 'reverse'))}(", some("string"), ")"),
                lambda: term(
                    "substring(", some("string"), f", {self.pick('0123')}", self.pick(("", ", 1", ", 2", ", 0")), ")"
                ),
                lambda: term("substring(", some("string"), ", indexof(", some("string"), ', "a") + 1)'),
                lambda: term(
                    "replace_string(", some("string"), f", {self.pick(_NEEDLES)}, ", self.expression("string", 0), ")"
                ),
                lambda: term(
                    self.pick(('trim("a", ', 'trim_start("[a-z]", ', r'trim_end("\\s", ', 'trim("[^a-z]+", ')),
                    some("string"),
                    ")",
                ),
                lambda: term(
                    self.pick(('extract("([a-z]+)=", 1, ', 'extract("[0-9]+", 0, ', 'extract("(a)(b)?", 2, ')),
                    some("string"),
                    ")",
                ),
                lambda: term("tostring(", some(anything), ")"),
                lambda: term(
                    "tostring(", some("dynamic"), self.pick((".a", ".b", '["a"]', "[0]", "[-1]", ".a.b[1].c")), ")"
                ),
                lambda: term(
                    "tostring(split(",
                    some("string"),
                    f', "{self.pick((",", ".", "=", "a"))}")[{self.pick(("0", "1", "-1"))}])',
                ),
                lambda: term("strcat_array(split(", some("string"), ', "a"), "-")'),
                lambda: term("gettype(", some(anything), ")"),
            ]
        )

    def make_int(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        anything: KqlType = self.chance.choice(("string", "long", "real", "dynamic"))
        return self._one_of(
            [
                lambda: term("toint(", some(anything), ")"),
                lambda: term(
                    f"{self.pick(('getyear', 'getmonth', 'monthofyear', 'dayofmonth', 'dayofyear', 'hourofday'))}(",
                    some("datetime"),
                    ")",
                ),
                lambda: term(f'datetime_part("{self.pick(_PERIODS)}", ', some("datetime"), ")"),
            ]
        )

    def make_long(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        whole: KqlType = self.chance.choice(("int", "long"))
        return self._one_of(
            [
                lambda: term(
                    "(", some(whole), f" {self.pick('+-*/%')} ", some(self.chance.choice(("int", "long"))), ")"
                ),
                lambda: term("(", some(whole), f" {self.pick('/%')} {self.pick(('2', '3', '-2', '7'))})"),
                lambda: term("(", some(whole), f" {self.pick('+-*')} {self.pick(('2', '3', '-2', '7'))})"),
                lambda: term("-(", some(whole), ")"),
                lambda: term("strlen(", some("string"), ")"),
                lambda: term("iff(", self.bool(depth), ", ", some("int"), ", ", some("long"), ")"),
                lambda: term("coalesce(", some("int"), ", ", some("long"), ")"),
                lambda: term(f"{self.pick(('indexof', 'countof'))}(", some("string"), f", {self.pick(_NEEDLES)})"),
                lambda: term("tolong(", some(self.chance.choice(("string", "real", "int", "dynamic"))), ")"),
                lambda: term("tolong(", some("dynamic"), self.pick((".a", ".b", "[0]", "[1]")), ")"),
                lambda: term("array_length(", some("dynamic"), ")"),
                lambda: term("array_index_of(", some("dynamic"), ", ", self.expression("string", 0), ")"),
                lambda: term(
                    f"{self.pick(('bin', 'floor'))}(", some(whole), f", {self.pick(('2', '5', '3', 'int(4)', '-2'))})"
                ),
                lambda: term(f'datetime_diff("{self.pick(_PERIODS)}", ', some("datetime"), ", ", some("datetime"), ")"),
                lambda: term("abs(", some(whole), ")"),
                lambda: term(
                    f"{self.pick(('min_of', 'max_of'))}(", some("long"), ", ", some("int"), ", ", some("long"), ")"
                ),
            ]
        )

    def make_real(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        number: KqlType = self.chance.choice(("int", "long", "real"))
        return self._one_of(
            [
                lambda: term("(", some("real"), f" {self.pick('+-*/%')} ", some(number), ")"),
                lambda: term("(", some(number), f" {self.pick('+-*/%')} ", some("real"), ")"),
                lambda: term("(", some("timespan"), " / 1h)"),
                lambda: term("todouble(", some(self.chance.choice(("string", "long", "int", "dynamic"))), ")"),
                lambda: term("-(", some("real"), ")"),
                lambda: term("bin(", some("real"), f", {self.pick(('0.5', '2.0', '2', '0.25'))})"),
                lambda: term("bin(", some("long"), ", 0.5)"),
                lambda: term(f"{self.pick(('ceiling', 'round', 'abs'))}(", some("real"), ")"),
                lambda: term("iff(", self.bool(depth), ", ", some("long"), ", ", some("real"), ")"),
                lambda: term(
                    "case(", self.bool(depth), ", ", some("int"), ", ", self.bool(0), ", 0.5, ", some("long"), ")"
                ),
                lambda: term("coalesce(", some("int"), ", ", some("real"), ")"),
            ]
        )

    def make_datetime(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        period = self.pick(("day", "week", "month", "year"))
        return self._one_of(
            [
                lambda: term("(", some("datetime"), f" {self.pick('+-')} ", some("timespan"), ")"),
                lambda: term("bin(", some("datetime"), f", {self.pick(('1d', '1h', '7d', '10m', '-1h'))})"),
                lambda: term(
                    f"{self.pick(('startof', 'endof'))}{period}(", some("datetime"), self.pick(("", ", -1", ", 2")), ")"
                ),
                lambda: term("todatetime(", some(self.chance.choice(("string", "dynamic"))), ")"),
                lambda: term(
                    f'datetime_add("{self.pick((*_PERIODS, "week"))}", {self.pick(("1", "-2", "0"))}, ',
                    some("datetime"),
                    ")",
                ),
                lambda: term("unixtime_seconds_todatetime(", self.expression("long", 0), ")"),
                lambda: term(
                    f"make_datetime({self.pick(('2024, 2, 29', '2023, 2, 29', '2024, 1, 1, 10, 30', '1, 1, 1'))})"
                ),
            ]
        )

    def make_timespan(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        return self._one_of(
            [
                lambda: term("(", some("datetime"), " - ", some("datetime"), ")"),
                lambda: term("(", some("timespan"), f" {self.pick('+-')} ", some("timespan"), ")"),
                lambda: term("(", some("timespan"), " * ", some(self.chance.choice(("int", "long", "real"))), ")"),
                lambda: term("(", some(self.chance.choice(("int", "long", "real"))), " * ", some("timespan"), ")"),
                lambda: term("(", some("timespan"), " / 2)"),
                lambda: term("-(", some("timespan"), ")"),
                lambda: term("bin(", some("timespan"), f", {self.pick(('1d', '1h', '7m'))})"),
                lambda: term("dayofweek(", some("datetime"), ")"),
                lambda: term("totimespan(", some("string"), ")"),
                lambda: term("abs(", some("timespan"), ")"),
            ]
        )

    def make_guid(self, depth: int) -> Term:
        return term("toguid(", self.expression("string", depth), ")")

    def make_dynamic(self, depth: int) -> Term:
        def some(kind: KqlType) -> Term:
            return self.expression(kind, depth)

        scalar: KqlType = self.chance.choice(("string", "long", "int", "datetime", "bool", "timespan", "guid"))
        return self._one_of(
            [
                lambda: term(some("dynamic"), self.pick((".a", ".b", '["a"]', "[0]", "[-1]", "[1]", ".c[0]", ".a.b"))),
                lambda: term("split(", some("string"), f', "{self.pick((",", ".", "a", " "))}")'),
                lambda: term("pack_array(", some(scalar), ", ", some("long"), ")"),
                lambda: term("pack_array(", some("string"), ")"),
                lambda: term('bag_pack("a", ', some(scalar), ', "b", ', some("string"), ")"),
                lambda: term("parse_json(", some("string"), ")"),
                lambda: term("array_concat(", some("dynamic"), ", ", some("dynamic"), ")"),
                lambda: term("array_slice(", some("dynamic"), f", {self.pick(('0, 1', '1, -1', '-2, -1'))})"),
                lambda: term("bag_keys(", some("dynamic"), ")"),
                lambda: term("bag_merge(", some("dynamic"), ", ", some("dynamic"), ")"),
                lambda: term(f"array_sort_{self.pick(('asc', 'desc'))}(", some("dynamic"), ")"),
            ]
        )


_MADE: Final[Mapping[KqlType, Callable[[Expressions, int], Term]]] = {
    "bool": Expressions.make_bool,
    "string": Expressions.make_string,
    "int": Expressions.make_int,
    "long": Expressions.make_long,
    "real": Expressions.make_real,
    "datetime": Expressions.make_datetime,
    "timespan": Expressions.make_timespan,
    "guid": Expressions.make_guid,
    "dynamic": Expressions.make_dynamic,
}
