"""Makes up tables of awkward values and programs over them that the reference can answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.spec.kql.reference.awkward import EXTREME, KINDS, USUAL, table
from tests.spec.kql.reference.expressions import Expressions, term
from tests.spec.kql.reference.literals import literal
from tests.spec.kql.reference.queries import answer
from tests.spec.kql.reference.terms import Items, Program, Term
from tests.spec.kql.reference.values import Table, Unspecified
from vedette.catalogue.tables import KqlType


def program(seed: int, *, tables: Sequence[tuple[str, Table]] | None = None) -> Program:
    """The program of a number."""
    return _Maker(Random(seed), tables).program()


@dataclass(frozen=True)
class Constants:
    """An expression over names, and a value for each."""

    values: tuple[tuple[str, KqlType, Any], ...]
    expression: Term

    def program(self, *, folded: bool) -> Program:
        """Asks for the expression of constants, or of the columns of a row."""
        if folded:
            lets = [Term((f"let {name} = {literal(kind, value)}",)) for name, kind, value in self.values]
            return Program((), tuple(lets), term("print given = ", self.expression))
        row = Table([(name, kind) for name, kind, _ in self.values], [[value for _, _, value in self.values]])
        return Program((("A", row),), (), Term(("A",)), (term("project given = ", self.expression),))


def constants(seed: int) -> Constants:
    """An expression that the reference can answer."""
    chance = Random(seed)
    while True:
        values = tuple((name, kind, chance.choice((*USUAL[kind], *EXTREME[kind]))) for name, kind in KINDS)
        made = Expressions(chance, KINDS).expression(chance.choice([kind for _, kind in KINDS]), 3)
        found = Constants(values, made)
        try:
            answer(found.program(folded=True).query(), {})
        except Unspecified:
            continue
        return found


def filters(seed: int) -> tuple[str, Term, Term]:
    """A table as a query, and two conditions over its columns."""
    chance = Random(seed)
    rows = table(chance, extremes=0.1)
    made = Expressions(chance, rows.columns)
    while True:
        first, second = made.bool(3), made.bool(3)
        program = Program((("A", rows),), (), Term(("A",)), (term("where ", first, " and ", second),))
        try:
            answer(program.query(), dict(program.tables))
        except Unspecified:
            continue
        return Program(program.tables, (), Term(("A",))).text(), first, second


class _Maker:
    def __init__(self, chance: Random, tables: Sequence[tuple[str, Table]] | None) -> None:
        self.chance = chance
        extremes = chance.choice((0.0, 0.0, 0.05, 0.3))
        self.tables = tuple(tables or ((name, table(chance, extremes=extremes)) for name in ("A", "B")))
        self.made = 0
        self.others = self.tables
        """Tables that joins and unions may use."""

    def program(self) -> Program:
        made = Program(self.tables, self._lets(), Term((self.chance.choice([name for name, _ in self.tables]),)))
        if self.chance.random() < 0.12:
            made = Program(made.tables, made.lets, self._source())
        if self.chance.random() < 0.2:
            made = self._with_middle(made)
        answered = self._answered(made)
        if answered is None:
            self.others = self.tables
            made = Program(self.tables, (), Term((self.tables[0][0],)))
            answered = self._answered(made)
            assert answered is not None
        wanted = 1 + self.chance.randrange(5)
        for _ in range(wanted * 3):
            if len(made.steps) >= wanted:
                break
            step = self._step(answered, made)
            further = Program(made.tables, made.lets, made.source, (*made.steps, step))
            found = self._answered(further)
            if found is None:
                further = Program(made.tables, made.lets, made.source, (*made.steps, self._repaired(step, made)))
                found = self._answered(further)
            if found is not None and answered.rows and not found.rows and self.chance.random() < 0.8:
                continue  # rows that are gone show nothing about what follows
            if found is not None and len(found.rows) < 200 and len(found.columns) < 30:
                made, answered = further, found
        return made

    def _answered(self, made: Program) -> Table | None:
        try:
            return answer(made.query(), dict(made.tables))
        except Unspecified:
            return None

    def _with_middle(self, made: Program) -> Program:
        """The program with the rows of a pipeline under a name, which any step may use."""
        name, rows = self.chance.choice(self.tables)
        steps = [self._where(rows.columns), self._summarize(rows.columns), self._extend(rows.columns)]
        form = self.chance.choice(("let M = ", "let M = materialize("))
        middle = term(form, name, " | ", self.chance.choice(steps), ")" if "(" in form else "")
        further = Program(made.tables, (*made.lets, middle), Term(("M",)))
        found = self._answered(further)
        if found is None:
            return made
        self.others = (*self.tables, ("M", found))
        return further if self.chance.random() < 0.5 else replace(further, source=made.source)

    def _repaired(self, step: Term, made: Program) -> Term:
        """The step with those of its items that the reference can answer."""

        def is_answered(part: Items, item: Term) -> bool:
            parts = tuple(replace(one, items=(item,)) if one is part else one for one in step.parts)
            alone = Program(made.tables, made.lets, made.source, (*made.steps, Term(parts)))
            return self._answered(alone) is not None

        parts = [
            replace(part, items=tuple(item for item in part.items if is_answered(part, item)))
            if isinstance(part, Items) and len(part.items) > 1
            else part
            for part in step.parts
        ]
        return step if any(isinstance(part, Items) and not part.items for part in parts) else Term(tuple(parts))

    def _name(self) -> str:
        self.made += 1
        return f"c{self.made}"

    def _expressions(self, columns: Sequence[tuple[str, KqlType]]) -> Expressions:
        return Expressions(self.chance, columns)

    def _lets(self) -> tuple[Term, ...]:
        """Scalars, functions of scalars, functions of rows."""
        if self.chance.random() > 0.15:
            return ()
        none = self._expressions([])
        kind: KqlType = self.chance.choice(("long", "string", "datetime"))
        parameter = self._expressions([("a", kind)])
        name, columns = self.tables[0][0], self.tables[0][1].columns
        return (
            term("let v = ", none.expression(kind, 1)),
            term(f"let fn = (a: {kind}) {{ ", parameter.expression(kind, 2), " }"),
            term(
                f"let rows = (a: {kind}) {{ {name} | where ", self._expressions([*columns, ("a", kind)]).bool(1), " }"
            ),
        )

    def _source(self) -> Term:
        none = self._expressions([])
        names = [name for name, _ in self.tables]
        kinds: Sequence[KqlType] = ("string", "long", "real", "datetime", "dynamic")
        match self.chance.randrange(4):
            case 0:
                wanted = self.chance.sample(kinds, 2)
                return term(
                    "print ", Items(tuple(term(f"{kind[:2]}0 = ", none.expression(kind, 2)) for kind in wanted))
                )
            case 1:
                return term(f"range n from {self.chance.randrange(3)} to {self.chance.randrange(6)} step 2")
            case 2:
                return term(
                    f"range d from datetime(2024-01-01) to datetime(2024-01-03) step {self.chance.choice(('1d', '7h'))}"
                )
        return term(f"union {self.chance.choice(['', 'withsource=src ', 'kind=inner '])}{', '.join(names)}")

    # Steps

    def _step(self, answered: Table, made: Program) -> Term:
        columns = answered.columns
        steps: list[tuple[int, Callable[[Sequence[tuple[str, KqlType]]], Term]]] = [
            (5, self._where),
            (6, self._extend),
            (3, self._project),
            (6, self._summarize),
            (2, self._kept),
            (2, self._distinct),
            (4, self._sort),
            (4, self._join),
            (1, self._union),
            (3, self._expand),
            (2, self._apply),
            (2, self._parse),
            (1, self._series),
            (1, self._count),
        ]
        if answered.ordered:
            steps += [(8, self._windows), (4, self._lists)]
        if len(made.lets) > 1:
            steps.append((3, self._called))
        weights = [weight for weight, _ in steps]
        return self.chance.choices([step for _, step in steps], weights)[0](columns)

    def _lists(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        """Lists in the order of the rows."""
        made = self._expressions(columns)
        kind: KqlType = self.chance.choice(("string", "long", "datetime", "int"))
        value = self.chance.choice(
            [
                term("make_list(", made.expression(kind, 1), ")"),
                term("make_list_if(", made.expression(kind, 1), ", ", made.bool(2), ")"),
                term("strcat_array(make_list(", made.expression("string", 1), '), ",")'),
            ]
        )
        keys = [name for name, kind in columns if kind not in ("dynamic", "real")]
        by = f" by {self.chance.choice(keys)}" if keys and self.chance.random() < 0.6 else ""
        return term(f"summarize {self._name()} = ", value, by)

    def _where(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        return term("where ", self._expressions(columns).bool(3))

    def _named(self, columns: Sequence[tuple[str, KqlType]], depth: int = 3) -> Term:
        kind = self.chance.choice([*(kind for _, kind in KINDS), "bool", "bool"])
        name = self._name()
        if self.chance.random() < 0.3:
            name = self.chance.choice(columns)[0]
        return term(f"{name} = ", self._expressions(columns).expression(kind, depth))

    def _extend(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        return term("extend ", Items(tuple(self._named(columns) for _ in range(1 + self.chance.randrange(6)))))

    def _project(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        kept = self.chance.sample([name for name, _ in columns], min(len(columns), self.chance.randrange(4)))
        return term("project ", Items((*(Term((name,)) for name in kept), self._named(columns, 2))))

    def _kept(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        names = [name for name, _ in columns]
        some = ", ".join(self.chance.sample(names, min(2, len(names))))
        return Term(
            (
                self.chance.choice(
                    [
                        f"project-away {some}" if len(names) > 2 else "project-keep *",
                        f"project-keep {some}",
                        f"project-rename {self._name()} = {self.chance.choice(names)}",
                        f"project-reorder {some}",
                        "project-keep s*, l*" if {"s", "l"} & set(names) else "project-keep *",
                    ]
                ),
            )
        )

    def _distinct(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        names = [name for name, kind in columns if kind != "dynamic"]
        if not names or (len(names) == len(columns) and self.chance.random() < 0.3):
            return Term(("distinct *",)) if names else Term(("count",))
        return Term(
            (f"distinct {', '.join(self.chance.sample(names, min(len(names), 1 + self.chance.randrange(2))))}",)
        )

    def _count(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        return Term((self.chance.choice(("count", "take 0", "take 100", "as Named")),))

    def _sort(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        sortable = [name for name, kind in columns if kind not in ("dynamic", "bool", "guid")]
        if not sortable:
            return Term(("count",))
        if self.chance.random() < 0.25:
            key = self._expressions(columns).expression(self.chance.choice(("long", "datetime", "real", "string")), 2)
            first = term(key, self.chance.choice(("", " asc", " desc")))
            keys = (first, *(Term((name,)) for name in sortable))
        else:
            chosen = self.chance.sample(sortable, len(sortable))
            keys = tuple(
                Term((f"{name}{self.chance.choice(('', ' asc', ' desc', ' asc nulls last', ' desc nulls first'))}",))
                for name in chosen
            )
        if self.chance.random() < 0.3:
            return term(f"top {self.chance.randrange(4)} by ", keys[0])
        return term("sort by ", Items(keys))

    def _windows(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        made = self._expressions(columns)
        name = self.chance.choice([name for name, _ in columns])
        numbers = [name for name, kind in columns if kind in ("int", "long")]
        calls = [
            term("row_number()"),
            term("row_number(", str(self.chance.randrange(3)), ", ", made.bool(1), ")"),
            term(f"prev({name})"),
            term(f"next({name}, {1 + self.chance.randrange(2)})"),
            term(f"iff(prev({name}) == {name}, 1, 2)" if dict(columns)[name] != "dynamic" else "row_number()"),
        ]
        if numbers:
            number = self.chance.choice(numbers)
            calls += [term(f"row_cumsum({number})"), term(f"row_cumsum({number}, ", made.bool(1), ")")]
            calls += [term(f"{number} - prev({number})")]
            if dict(columns)[number] == "long":
                calls += [term(f"prev({number}, 1, -1)")]
        verb = self.chance.choice(("extend", "serialize"))
        return term(f"{verb} ", Items(tuple(term(f"{self._name()} = ", self.chance.choice(calls)) for _ in range(2))))

    def _summarize(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        made = self._expressions(columns)
        keys: list[Term] = []
        for name, kind in self.chance.sample(list(columns), min(len(columns), self.chance.randrange(3))):
            if kind == "datetime" and self.chance.random() < 0.5:
                keys.append(term(f"bin({name}, {self.chance.choice(('1d', '1h', '7d'))})"))
            elif kind in ("int", "long") and self.chance.random() < 0.4:
                keys.append(term(f"{self._name()} = bin({name}, {self.chance.choice((2, 5))})"))
            elif kind != "dynamic":
                keys.append(Term((name,)))
        if self.chance.random() < 0.2:
            keys.append(term(f"{self._name()} = ", made.expression(self.chance.choice(("string", "bool", "long")), 2)))
        aggregates = tuple(self._aggregate(columns) for _ in range(1 + self.chance.randrange(3)))
        if keys and self.chance.random() < 0.1:
            aggregates = ()
        return term(
            "summarize ",
            Items(aggregates, least=0 if keys else 1),
            Items(tuple(keys), least=0 if aggregates else 1, before=" by "),
        )

    def _aggregate(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        made = self._expressions(columns)
        kind: KqlType = self.chance.choice(("int", "long", "real", "timespan"))
        other: KqlType = self.chance.choice(("string", "long", "datetime", "int", "real", "timespan"))
        scalar: KqlType = self.chance.choice(("string", "long", "bool", "guid", "datetime"))
        number, value, any_value = made.expression(kind, 1), made.expression(other, 1), made.expression(scalar, 1)
        condition = made.bool(2)
        name = self.chance.choice([name for name, _ in columns])
        calls = [
            term("count()"),
            term("countif(", condition, ")"),
            term("sum(", number, ")"),
            term("sumif(", number, ", ", condition, ")"),
            term("avg(", made.expression("long", 1), ")"),
            term("min(", value, ")"),
            term("max(", value, ")"),
            term("maxif(", value, ", ", condition, ")"),
            term("minif(", value, ", ", condition, ")"),
            term("dcount(", any_value, ")"),
            term("dcountif(", any_value, ", ", condition, ")"),
            term("count_distinct(", any_value, ")"),
            term("array_sort_asc(make_set(", made.expression("string", 1), "))"),
            term("array_sort_desc(make_list(", made.expression("long", 1), "))"),
            term("array_sort_asc(make_set_if(", made.expression("long", 1), ", ", condition, "))"),
            term("array_length(make_list_if(", any_value, ", ", condition, "))"),
            term("make_list(", any_value, ")"),
            term("percentile(", number, f", {self.chance.choice((0, 50, 90, 100))})"),
            term("stdev(", number, ")"),
            term("take_any(", any_value, ")"),
            term("sum(", number, ") ", "* 2"),
            term("1.0 * countif(", condition, ") / count()"),
            term("iff(count() > 1, max(", number, "), min(", number, "))"),
        ]
        if self.chance.random() < 0.2:
            keys = [name for name, kind in columns if kind in ("long", "datetime", "int", "string", "timespan")]
            if keys:
                key = self.chance.choice(keys)
                best = self.chance.choice(("arg_max", "arg_min"))
                return term(f"{best}({key}, {self.chance.choice(('*', name if name != key else '*'))})")
        if self.chance.random() < 0.15:
            simple = {
                "long": "sum",
                "int": "max",
                "string": "min",
                "datetime": "max",
                "real": "avg",
                "bool": "take_any",
            }
            kind_of = dict(columns)[name]
            if kind_of in simple:
                return term(f"{simple[kind_of]}({name})")
        given = self._name() if self.chance.random() < 0.7 else name
        return term(f"{given} = ", self.chance.choice(calls))

    def _other(self) -> tuple[str, Table]:
        return self.chance.choice(self.others)

    def _right(self, name: str, other: Table) -> Term:
        made = self._expressions(other.columns)
        text_or_number: KqlType = self.chance.choice(("string", "long"))
        choice = self.chance.random()
        if choice < 0.15:
            keys = [(name, kind) for name, kind in other.columns if kind not in ("dynamic", "real", "string")]
            if keys:
                key, kind = self.chance.choice(keys)
                return term(f"({name} | extend {key} = ", made.expression(kind, 2), ")")
        if choice < 0.5:
            return Term((name,))
        if choice < 0.8:
            return term(f"({name} | where ", made.bool(2), ")")
        return term(f"({name} | extend c0 = ", made.expression(text_or_number, 1), ")")

    def _join(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        name, other = self._other()
        keys: Sequence[KqlType] = ("string", "int", "long", "bool", "datetime", "timespan", "guid")
        pairs = [
            (one, two) for one, kind in columns for two, kind_two in other.columns if kind == kind_two and kind in keys
        ]
        same = [(one, two) for one, two in pairs if one == two]
        if not pairs:
            return self._union(columns)
        chosen = self.chance.sample(same, 1) if same and self.chance.random() < 0.7 else self.chance.sample(pairs, 1)
        if self.chance.random() < 0.2:
            chosen += [pair for pair in self.chance.sample(pairs, 1) if pair not in chosen]
        on = ", ".join(one if one == two else f"$left.{one} == $right.{two}" for one, two in chosen)
        if self.chance.random() < 0.2:
            kind = self.chance.choice(("", "kind=inner ", "kind=leftouter "))
            return term(f"lookup {kind}", self._right(name, other), f" on {on}")
        if self.chance.random() < 0.2:
            one, two = chosen[0]
            return term(
                f"where {one} {self.chance.choice(('in', '!in'))} (({name} | where isnotnull({two}) | project {two}))"
            )
        kind = self.chance.choice(
            (
                "inner",
                "innerunique",
                "leftouter",
                "rightouter",
                "fullouter",
                "leftsemi",
                "leftanti",
                "rightsemi",
                "rightanti",
                "anti",
            )
        )
        return term(f"join kind={kind} ", self._right(name, other), f" on {on}")

    def _union(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        name, other = self._other()
        return term(f"union {self.chance.choice(('', 'kind=inner ', 'kind=outer '))}", self._right(name, other))

    def _arrays(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        return self._expressions(columns).expression("dynamic", 1)

    def _expand(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        options = self.chance.choice(("", "", "kind=array ", f"with_itemindex={self._name()} "))
        items = []
        for _ in range(self.chance.choice((1, 1, 2))):
            bags = [name for name, kind in columns if kind == "dynamic"]
            target = self.chance.choice(("", f" to typeof({self.chance.choice(('long', 'string', 'real', 'bool'))})"))
            if bags and self.chance.random() < 0.5:
                items.append(Term((self.chance.choice(bags) + target,)))
            else:
                items.append(term(f"{self._name()} = ", self._arrays(columns), target))
        limit = self.chance.choice(("", "", " limit 1"))
        return term(f"mv-expand {options}", Items(tuple(items)), limit)

    def _apply(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        name = self._name()
        kind: KqlType = self.chance.choice(("long", "string"))
        made = self._expressions([(name, kind)])
        own = self._name()
        body = self.chance.choice(
            [
                term("where ", made.bool(2)),
                term(f"summarize {own} = max({name})"),
                term(f"top 1 by {name}"),
                term(f"summarize {own} = count(), {own}s = countif(", made.bool(1), ")"),
                term(f"extend {own} = ", made.expression(kind, 2)),
                term("where ", made.bool(1), f" | summarize {own} = dcount({name})"),
                term("where ", self._expressions([*columns, (name, kind)]).bool(2)),
                term(f"extend {own} = ", self._expressions([*columns, (name, kind)]).expression(kind, 2)),
                term(f"sort by {name} asc | take 2 | summarize {own} = make_list({name})"),
                term(f"summarize {own} = count() by {own}k = ", made.expression("long", 1)),
            ]
        )
        return term(f"mv-apply {name} = ", self._arrays(columns), f" to typeof({kind}) on (", body, ")")

    def _parse(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        text = self._expressions(columns).expression("string", 1)
        one, two = self._name(), self._name()
        kind = self.chance.choice(("", "kind=relaxed ")) if self.chance.random() < 0.4 else ""
        verb = self.chance.choice(("parse", "parse", "parse-where")) if not kind else "parse"
        pattern = self.chance.choice(
            [
                f'"a=" {one}: long "," {two}',
                f'{one} "." {two}',
                f'* "=" {one}: long "," *',
                f'* "a" {one}',
                f'{one}: int "," *',
                f'{one} "," {two} ";" *',
                f'* "\\\\" {one} "." {two}',
                f"{one}: real",
            ]
        )
        return term(f"{verb} {kind}", text, f" with {pattern}")

    def _series(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        axes = [(name, kind) for name, kind in columns if kind in ("datetime", "long")]
        if not axes:
            return Term(("count",))
        axis, kind = self.chance.choice(axes)
        low, high, step = (
            ("datetime(2023-12-31)", "datetime(2024-04-01)", "30d") if kind == "datetime" else ("-8", "12", "5")
        )
        keys = [name for name, kind in columns if kind not in ("dynamic", "real") and name != axis]
        by = f" by {self.chance.choice(keys)}" if keys and self.chance.random() < 0.6 else ""
        made = self._expressions(columns)
        value = self.chance.choice(
            [
                term("count()"),
                term("sum(", made.expression("long", 1), ")"),
                term("countif(", made.bool(1), ")"),
                term("max(", made.expression("long", 1), ")"),
            ]
        )
        default = self.chance.choice((" default=0", " default=-1", ""))
        return term(
            f"make-series {self._name()} = ", value, default, f" on {axis} from {low} to {high} step {step}{by}"
        )

    def _called(self, columns: Sequence[tuple[str, KqlType]]) -> Term:
        name = self._name()
        first, kind = self.tables[0][1].columns[0]
        shared = first if (first, kind) in columns and kind not in ("dynamic", "real") else ""
        return Term(
            (
                self.chance.choice(
                    [
                        f"extend {name} = v",
                        f"extend {name} = fn(v)",
                        "union (rows(v))",
                        f"extend {name} = toscalar({self.tables[0][0]} | count)",
                        "where v == v",
                        f"union (rows(v) | extend {name} = fn(v)), (rows(v) | count)",
                        f"as T0 | union (T0 | extend {name} = 1)",
                        f"join kind=inner (rows(v)) on {shared}" if shared else "count",
                        f"where toscalar({self.tables[0][0]} | count) > 2",
                        f"extend {name} = toscalar({self.tables[0][0]} | summarize max({self.tables[0][1].names[0]}))",
                    ]
                ),
            )
        )
