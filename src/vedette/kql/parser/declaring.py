"""`declare pattern`: a name for pipelines that are chosen by texts. The bodies are read by whom it is given."""

from __future__ import annotations

from collections.abc import Callable

from vedette.kql import syntax as s
from vedette.kql.parser.expressions import Expressions


def declared_pattern(
    p: Expressions, start: int, body: Callable[[Expressions], s.Query], parameter: Callable[[Expressions], s.Parameter]
) -> s.Statement:
    """What follows `declare pattern`. Without cases the pattern is declared and defines nothing."""
    name = p.declared_name()
    if not p.accept("="):
        return s.DeclarePattern(name, span=p.since(start))
    p.expect("(")
    parameters = [parameter(p)]
    while p.accept(","):
        parameters.append(parameter(p))
    p.expect(")", "',' or ')'")
    path = None
    if p.accept("["):
        path = parameter(p)
        p.expect("]")
    p.expect("{", "'{' and the pattern's cases")
    cases = []
    while p.text != "}":
        cases.append(_case(p, body))
        if not p.accept(";"):
            break
    p.expect("}", "';' or '}'")
    return s.DeclarePattern(name, tuple(parameters), path, tuple(cases), span=p.since(start))


def _case(p: Expressions, body: Callable[[Expressions], s.Query]) -> s.PatternCase:
    start = p.starts[p.at]
    p.expect("(")
    values = [p.string()]
    while p.accept(","):
        values.append(p.string())
    p.expect(")", "',' or ')'")
    path = None
    if p.accept("."):
        p.expect("[")
        path = p.string()
        p.expect("]")
    p.expect("=")
    p.expect("{", "'{' and a pipeline")
    p.enter()
    found = body(p)
    p.leave()
    p.expect("}", "';' or '}'")
    return s.PatternCase(tuple(values), path, found, span=p.since(start))
