"""Statements and what they are made of: let, set, declare, functions, and the query itself."""

from __future__ import annotations

from typing import Never

from vedette.kql import habits
from vedette.kql import syntax as s
from vedette.kql.parser.columns import option_value, tables
from vedette.kql.parser.combining import COMBINING, SOURCES
from vedette.kql.parser.declaring import declared_pattern
from vedette.kql.parser.expanding import EXPANDING, evaluate_source
from vedette.kql.parser.expressions import INFIX, Expressions, wrapping
from vedette.kql.parser.graphs import GRAPHS
from vedette.kql.parser.lexer import END, STRING, WORD
from vedette.kql.parser.operators import ROWS
from vedette.kql.parser.words import NOT_LET, TYPES
from vedette.kql.source import Source, nearest


def _refused(p: Expressions) -> Never:
    raise p.unsupported(f"{p.text} is not supported.")


_OPERATORS = {
    **ROWS,
    **COMBINING,
    **EXPANDING,
    **GRAPHS,
    **dict.fromkeys(("assert-schema", "execute-and-cache", "macro-expand"), _refused),
}
_SOURCES = {**SOURCES, "evaluate": evaluate_source, "macro-expand": _refused}


def parse(text: str) -> s.Query:
    """The syntax tree of a whole query.

    Raises: `QuerySyntaxError` where the text is not KQL, `UnknownName` for an operator that does not exist,
    `UnsupportedQuery` for a construct that is refused.
    """
    source = Source(text)
    p = Expressions(source, _OPERATORS, _SOURCES)
    if p.kind == END:
        raise p.error("The query is empty.")
    if p.text == ".":
        raise p.error("Management commands, which begin with a dot, are no queries.")
    try:
        found = _statements(p)
    except RecursionError:
        raise p.error(
            "The query's parts stand too deep inside one another.", hint="Name the inner parts with let."
        ) from None
    if p.kind != END:
        raise _left_over(p)
    return found


def _left_over(p: Expressions) -> Exception:
    if p.text in _OPERATORS:
        return p.error(f"Found {p.text} where the statement should end.", hint="Is a bar missing before it?")
    return p.expected("a bar, a semicolon or the end of the query", hint=_instead(p))


def _instead(p: Expressions) -> str:
    """What was probably meant by the token behind a statement that is over."""
    if p.texts[0].lower() == "select":
        return habits.SQL_FIRST
    if p.texts[p.at - 1] == "not":
        return habits.NOT
    hint = habits.BEHIND_AN_EXPRESSION.get(p.text.lower(), "")
    if hint or p.kind not in (WORD, STRING):
        return hint
    near = nearest(p.text, [word for word in INFIX if word[0].isalpha()])
    return f"Did you mean {' or '.join(near)}?" if near else habits.SIDE_BY_SIDE


def _statements(p: Expressions) -> s.Query:
    """Statements up to the end, or up to a brace."""
    start = p.starts[p.at]
    found = [_statement(p)]
    while p.accept(";"):
        if p.kind == END or p.text == "}":
            break
        found.append(_statement(p))
    return s.Query(tuple(found), span=p.since(start))


def _statement(p: Expressions) -> s.Statement:
    start, follower = p.starts[p.at], p.behind(1)
    word = p.text
    if word == "let" and follower not in ("|", "", ";", "."):
        return _let(p)
    if word == "set":
        return _set(p)
    if word == "declare" and follower in ("query_parameters", "pattern"):
        return _declare(p)
    if word == "alias" and follower == "database":
        raise p.unsupported("alias is not supported: there is one database.")
    if word == "restrict" and follower == "access":
        return _restrict(p)
    value = p.pipeline()
    return s.Evaluated(value, span=p.since(start))


def _let(p: Expressions) -> s.Statement:
    start = p.starts[p.at]
    p.advance()
    if p.kind == WORD and p.text in NOT_LET:
        raise p.reserved()
    name = p.declared_name()
    p.expect("=")
    if p.text == "materialize" and p.behind(1) == "(":
        value = _materialize(p) or p.pipeline()
    elif _begins_lambda(p):
        value = _lambda(p)
    else:
        value = p.pipeline()
    return s.Let(name, value, span=p.since(start))


_materialize = wrapping(s.Materialize)


def _begins_lambda(p: Expressions) -> bool:
    if p.text == "view":
        return p.behind(1) == "("
    if p.text != "(":
        return False
    if p.behind(1) == ")":
        return p.behind(2) == "{"
    colon = 4 if p.behind(1) == "[" else 2
    return p.behind(colon) == ":" and (p.behind(colon + 1) in TYPES or p.behind(colon + 1) == "(")


def _lambda(p: Expressions) -> s.Expr:
    start = p.starts[p.at]
    is_view = p.accept("view")
    parameters = _parameters(p)
    p.expect("{", "'{' and the function's body")
    p.enter()
    body = _statements(p)
    p.leave()
    p.expect("}", "';' or '}'")
    return s.Lambda(parameters, body, is_view, span=p.since(start))


def _parameters(p: Expressions) -> tuple[s.Parameter, ...]:
    p.expect("(")
    found: list[s.Parameter] = []
    if p.text != ")":
        found.append(_parameter(p))
        while p.accept(","):
            found.append(_parameter(p))
    p.expect(")", "',' or ')'")
    return tuple(found)


def _parameter(p: Expressions) -> s.Parameter:
    start = p.starts[p.at]
    name = p.declared_name()
    p.expect(":", "':' and a type")
    if p.text == "(":
        columns, star = p.column_declarations()
        if star and columns:
            raise p.source.syntax_error("A table's columns are either listed or '*'.", p.since(start))
        return s.Parameter(name, None, None, columns, star, span=p.since(start))
    type_ = p.type_name()
    default = _constant(p) if p.accept("=") else None
    return s.Parameter(name, type_, default, span=p.since(start))


def _constant(p: Expressions) -> s.Expr:
    """A parameter's default."""
    start = p.starts[p.at]
    found = p.signed()
    inside = found.operand if isinstance(found, s.Unary) else found
    if isinstance(inside, s.Literal) or (isinstance(inside, s.Name) and inside.name == "null"):
        return found
    raise p.source.syntax_error("A parameter's default is a constant.", p.since(start))


def _set(p: Expressions) -> s.Statement:
    start = p.starts[p.at]
    p.advance()
    if p.kind != WORD:
        raise p.expected("the name of a request property")
    name = p.text
    p.advance()
    value = None
    if p.accept("="):
        value = option_value(p) if p.behind(1) in (";", "") else p.expression()
    return s.SetOption(name, value, span=p.since(start))


def _declare(p: Expressions) -> s.Statement:
    start = p.starts[p.at]
    p.advance()
    if p.text == "pattern":
        p.advance()
        return declared_pattern(p, start, _statements, _parameter)
    p.advance()
    parameters = _parameters(p)
    if not parameters:
        raise p.source.syntax_error("declare query_parameters lists at least one parameter.", p.since(start))
    return s.DeclareParameters(parameters, span=p.since(start))


def _restrict(p: Expressions) -> s.Statement:
    start = p.starts[p.at]
    p.advance()
    p.advance()
    p.expect("to")
    p.expect("(")
    found = tables(p)
    p.expect(")")
    return s.Restrict(found, span=p.since(start))
