"""Parts that many operators share: columns and their names, sort keys, name patterns, options."""

from __future__ import annotations

from vedette.kql import syntax as s
from vedette.kql.parser.expressions import Expressions
from vedette.kql.parser.lexer import LONG, REAL, STRING, TIMESPAN, WORD
from vedette.kql.parser.words import words

HINTS = words(
    """concurrency distribution materialized num_partitions pass_filters pass_filters_column progressive_top remote
    shufflekey spread strategy"""
)
"""What may follow `hint.`"""
ORDERS = frozenset({"asc", "desc", "granny-asc", "granny-desc"})


def named(p: Expressions) -> s.NamedExpr:
    """`expr`, `name = expr` or `(a, b) = expr`."""
    start = p.starts[p.at]
    follower = p.texts[p.at + 1] if p.text else ""
    if follower == "=" and p.kind == WORD:
        names: tuple[str, ...] = (p.declared_name(),)
    elif p.text == "[" and p.behind(3) == "=":
        names = (p.bracketed(),)
    elif p.text == "(" and _names_follow(p):
        names = _names(p)
    else:
        value = p.expression()
        return s.NamedExpr(value, span=p.since(start))
    names_span = p.since(start)
    p.advance()
    return s.NamedExpr(p.expression(), names, names_span, span=p.since(start))


def named_list(p: Expressions) -> tuple[s.NamedExpr, ...]:
    """One or more, with commas between."""
    found = [named(p)]
    while p.accept(","):
        found.append(named(p))
    return tuple(found)


def _names_follow(p: Expressions) -> bool:
    """Whether the parenthesis that comes next is the left side of `(a, b) = …`."""
    at, texts = p.at + 1, p.texts
    while texts[at] not in (")", "(", "", "|"):
        at += 1
    return texts[at] == ")" and texts[at + 1] == "="


def _names(p: Expressions) -> tuple[str, ...]:
    p.advance()
    found = [p.declared_name()]
    while p.accept(","):
        found.append(p.declared_name())
    p.expect(")")
    if p.text != "=":
        raise p.expected("'='")
    return tuple(found)


def can_begin(p: Expressions) -> bool:
    """Whether a column may begin here; not at a bar, an end or `by`."""
    return p.text not in _NO_COLUMN


_NO_COLUMN = frozenset({"|", "", ";", ")", "}", "by"})


def ordering(p: Expressions) -> s.Ordering:
    """A sort key."""
    start = p.starts[p.at]
    value = named(p)
    descending: bool | None = None
    nulls_first: bool | None = None
    if p.text == "asc" or p.text == "desc":
        descending = p.text == "desc"
        p.advance()
    if p.accept("nulls"):
        if p.text not in ("first", "last"):
            raise p.expected("'first' or 'last'")
        nulls_first = p.text == "first"
        p.advance()
    return s.Ordering(value, descending, nulls_first, span=p.since(start))


def orderings(p: Expressions) -> tuple[s.Ordering, ...]:
    """One or more, with commas between."""
    found = [ordering(p)]
    while p.accept(","):
        found.append(ordering(p))
    return tuple(found)


def pattern(p: Expressions) -> s.Name | s.Wildcard:
    """A column's or table's name, maybe with `*` in it."""
    start = p.starts[p.at]
    if p.text == "[":
        return p.referred_name()
    if p.text != "*" and p.behind(1) != "*":
        return p.referred_name()
    pieces: list[str] = []
    while p.text == "*" or p.kind in (WORD, LONG, TIMESPAN, REAL):
        if pieces and not p.touches():
            break
        pieces.append(p.text)
        p.advance()
    if pieces == [pieces[0]] and pieces[0] != "*":
        return s.Name(pieces[0], span=p.since(start))
    return s.Wildcard("".join(pieces), span=p.since(start))


def patterns(p: Expressions) -> tuple[s.Expr, ...]:
    """One or more, with commas between."""
    found: list[s.Expr] = [pattern(p)]
    while p.accept(","):
        found.append(pattern(p))
    return tuple(found)


def table(p: Expressions) -> s.Expr:
    """A table where a pipeline must stand in parentheses: a name, maybe with `*`, a call, `database("d").name`."""
    start, at = p.starts[p.at], p.at
    if p.text == "*" or (p.kind == WORD and p.texts[at + 1] == "*" and p.starts[at + 1] == p.ends[at]):
        return pattern(p)
    found = p.path(wild=True)
    if isinstance(found, s.Member) and p.touches() and (p.text == "*" or (found.name == "*" and p.kind == WORD)):
        rest = pattern(p)
        tail = rest.pattern if isinstance(rest, s.Wildcard) else rest.name
        return s.Member(found.target, found.name + tail, span=p.since(start))
    return found


def tables(p: Expressions) -> tuple[s.Expr, ...]:
    """One or more, with commas between."""
    found = [table(p)]
    while p.accept(","):
        found.append(table(p))
    return tuple(found)


def options(p: Expressions, names: frozenset[str] = frozenset()) -> tuple[s.Option, ...]:
    """`name = value` pairs, as far as the names are options here. Hints always are."""
    found: list[s.Option] = []
    while p.kind == WORD:
        if p.text == "hint" and p.behind(1) == "." and p.behind(3) == "=":
            if p.behind(2) not in HINTS:
                raise p.source.unknown("hint", f"hint.{p.behind(2)}", [f"hint.{name}" for name in HINTS], p.span)
        elif p.text not in names or p.behind(1) != "=":
            break
        found.append(option(p))
    return tuple(found)


def option(p: Expressions) -> s.Option:
    """One `name = value`; the name may have dots in it."""
    start = p.starts[p.at]
    if p.kind != WORD:
        raise p.expected("the name of an option")
    name = p.text
    p.advance()
    while p.accept("."):
        name += f".{p.text}"
        p.advance()
    p.expect("=")
    return s.Option(name, option_value(p), span=p.since(start))


_VALUE_WORDS = frozenset({"true", "false", "dynamic"})


def option_value(p: Expressions) -> s.Expr:
    """A literal, or a word as a `Name`: words of the language are no names here."""
    span = p.span
    if p.kind == WORD and p.text not in _VALUE_WORDS:
        name = p.text
        p.advance()
        return s.Name(name, span=span)
    if p.kind == STRING:
        return p.string()
    return p.signed()


def option_list(p: Expressions) -> tuple[s.Option, ...]:
    """`(a = 1, b = x, y)`. A second value after a comma, without a name of its own, is an option of the same name."""
    p.expect("(")
    found: list[s.Option] = []
    while p.text != ")":
        if found:
            p.expect(",", "',' or ')'")
        if found and p.behind(1) != "=":
            start = p.starts[p.at]
            value = option_value(p)
            found.append(s.Option(found[-1].name, value, span=p.since(start)))
        else:
            found.append(option(p))
    p.expect(")")
    return tuple(found)


def column_path(p: Expressions) -> s.Expr:
    """A column, or what is reached from it by dots; a parenthesis behind it is no call."""
    start = p.starts[p.at]
    found: s.Expr = p.referred_name()
    while p.accept("."):
        name = p.bracketed() if p.text == "[" else p.referred_name().name
        found = s.Member(found, name, span=p.since(start))
    return found


def column_paths(p: Expressions) -> tuple[s.Expr, ...]:
    """One or more, with commas between."""
    found = [column_path(p)]
    while p.accept(","):
        found.append(column_path(p))
    return tuple(found)
