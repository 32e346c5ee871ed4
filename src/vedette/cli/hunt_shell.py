"""`vedette hunt -i`: a shell for hunting. One query after another, with history and completion.

On a terminal it is prompt_toolkit's; where that is not to be had (a pipe, a dumb terminal) lines are read as they come.
Ctrl-C stops a query and keeps the shell, Ctrl-D leaves.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vedette.cli.columns import of_rows
from vedette.cli.hunt_completion import COMMANDS, Completion, is_open
from vedette.cli.hunt_results import View, show
from vedette.cli.output import Output
from vedette.cli.settings import FORMS, Form, UsageError
from vedette.errors import ConfigurationError, QueryError, QuerySyntaxError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from vedette.cli.hunt_places import Place

PROMPT = "kql> "
MORE = "...> "


def is_complete(text: str) -> bool:
    """Whether Enter runs what was typed: a whole query or command, an empty line after it, or an error that more text
    would not put right."""
    if not text.strip():
        return False
    if text.lstrip().startswith(".") or text.rpartition("\n")[2].strip() == "":
        return True
    if is_open(text):
        return False
    from vedette.kql import syntax
    from vedette.kql.parser import parse

    try:
        return isinstance(parse(text).statements[-1], syntax.Evaluated)
    except QuerySyntaxError as error:
        return error.span is None or error.span[0] < len(text.rstrip().rstrip(";")) - 1
    except (QueryError, RecursionError):
        return True


class Shell:
    """Runs what is typed until it ends."""

    def __init__(self, place: Place, output: Output, view: View, values: Mapping[str, object]) -> None:
        self._place = place
        self._output = output
        self._view = view
        self._values = dict(values)
        self._last = ""
        self._failures = 0

    def run(self) -> int:
        """The exit status: 1 where a query of a pipe failed."""
        if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown"):
            self._with_prompt()
            return 0
        for text in _statements(sys.stdin, asks=sys.stdin.isatty()):
            if not self.execute(text):
                break
        return 1 if self._failures and not sys.stdin.isatty() else 0

    def execute(self, text: str) -> bool:
        """Run a query or a command and show what it gives; False says to leave."""
        from vedette.cli.main import failed

        text = text.strip()
        if text in (".quit", ".exit"):
            return False
        try:
            if text.startswith("."):
                self._command(text)
            elif text.strip("; \n"):
                self._query(text)
        except KeyboardInterrupt:
            self._output.note("Stopped.")
        except Exception as error:  # whatever it is, the shell goes on
            failed(error)
            self._failures += 1
        sys.stdout.flush()
        return True

    def _query(self, text: str) -> None:
        self._last = text
        with self._output.progress("Hunting"):
            answer = self._place.run(text, self._values)
        show(self._output, answer, self._view)

    # -- commands ------------------------------------------------------------------------------------------------------

    def _command(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        rest = rest.strip().rstrip(";")
        match name:
            case ".help":
                self._help()
            case ".tables":
                self._tables(rest)
            case ".schema":
                self._schema(rest)
            case ".explain":
                self._explain(rest or self._last)
            case ".output":
                self._form(rest)
            case ".param":
                self._parameter(rest)
            case _:
                raise UsageError(f"there is no command {name}", hint=f"one of {', '.join(COMMANDS)}")

    def _help(self) -> None:
        self._output.grid(("Command", ""), [*COMMANDS.items()])
        self._output.line()
        for line in self._output.wrapped(
            "Enter runs a query that is whole, Alt-Enter begins a new line, Tab completes. An empty line, or a "
            "semicolon, ends a query too. Ctrl-C stops a query that runs, Ctrl-D leaves."
        ):
            self._output.line(line)

    def _tables(self, part: str) -> None:
        from vedette.catalogue.tables import TABLES

        names = [name for name in self._place.tables if part.casefold() in name.casefold()]
        own = [name for name in names if name not in TABLES]
        listed = [*own, *sorted(name for name in names if name in TABLES)]
        about = {name: TABLES[name].description if name in TABLES else "" for name in listed}
        self._output.table(
            of_rows(("table", "about"), least=24),
            [{"table": name, "about": about[name]} for name in listed],
            none=f"No table's name holds {part}.",
        )

    def _schema(self, name: str) -> None:
        from vedette.catalogue.tables import TABLES
        from vedette.kql.source import nearest

        tables = self._place.tables
        found = next((one for one in tables if one.casefold() == name.casefold()), None)
        if found is None:
            near = nearest(name, tables)
            raise ConfigurationError(
                f"there is no table {name}" if name else "no table was named",
                hint=f"did you mean {' or '.join(near)}?" if near else ".tables lists them",
            )
        known = TABLES.get(found)
        about = {column.name: column.description for column in known.columns} if known else {}
        self._output.table(
            of_rows(("column", "type", "about"), least=24),
            [
                {"column": column.name, "type": column.type, "about": about.get(column.name, "")}
                for column in tables[found].columns
            ],
        )

    def _explain(self, query: str) -> None:
        from vedette.cli.hunt_explain import explained

        if not query:
            raise UsageError("there is no query to explain yet", hint=".explain DeviceInfo | take 5")
        explained(self._output, self._place.compile(query, self._values))

    def _form(self, form: str) -> None:
        if not form:
            self._output.note(f"Results are shown as {self._output.form}.")
            return
        if form not in FORMS:
            raise UsageError(f"there is no form {form or '?'}", hint=f"one of {', '.join(FORMS)}")
        self._output.form = cast("Form", form)
        self._view = dataclasses.replace(self._view, to=None)

    def _parameter(self, text: str) -> None:
        from vedette.cli.hunt_parameters import parameters

        if text:
            self._values.update(parameters([text]))
        for name, value in self._values.items():
            self._output.note(f"{name} = {value!r}")

    # -- the prompt ----------------------------------------------------------------------------------------------------

    def _with_prompt(self) -> None:
        session = self._session()
        self._output.note(f"Hunting in {self._place.name}. .help says what can be typed; Ctrl-D leaves.")
        while True:
            try:
                text = session.prompt()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if not self.execute(text):
                return

    def _session(self) -> PromptSession[str]:
        """Raises: ConfigurationError without prompt_toolkit."""
        try:
            from prompt_toolkit import PromptSession
            from prompt_toolkit.history import FileHistory
        except ImportError as error:
            raise ConfigurationError(
                "the shell needs prompt_toolkit", hint="pip install 'vedette[hunt]', or pipe queries into it"
            ) from error
        from prompt_toolkit.output.color_depth import ColorDepth

        colored = self._output.has_color
        return PromptSession(
            PROMPT,
            multiline=True,
            history=FileHistory(str(history_file())),
            completer=_completer(Completion(self._place.tables)),
            lexer=_lexer() if colored else None,
            key_bindings=_keys(),
            prompt_continuation=lambda width, number, is_wrapped: "" if is_wrapped else MORE,
            color_depth=None if colored else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
        )


def history_file() -> Path:
    """Where queries are remembered: readable by its owner alone, for queries hold names and addresses."""
    from vedette.auth.places import state_folder

    file = state_folder() / "hunting-history"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    file.chmod(0o600)
    return file


_COMMAND_LINES = [[name] for name in COMMANDS]


def _statements(lines: Iterable[str], *, asks: bool) -> Iterator[str]:
    """Queries and commands out of lines. Where a person types, a whole query needs nothing behind it."""

    def ask(prompt: str) -> None:
        if asks:
            sys.stderr.write(prompt)
            sys.stderr.flush()

    text = ""
    ask(PROMPT)
    for line in lines:
        if text.strip() and line.split(maxsplit=1)[:1] in _COMMAND_LINES:
            yield text.rstrip("\n")  # a command ends the query before it
            text = ""
        text += line if line.endswith("\n") else line + "\n"
        typed = text.rstrip("\n")
        ends = not line.strip() or typed.lstrip().startswith(".") or typed.rstrip().endswith(";") or asks
        if not text.strip():
            text = ""
        elif ends and is_complete(typed if line.strip() else text):
            yield typed
            text = ""
        ask(MORE if text else PROMPT)
    if text.strip():
        yield text.rstrip("\n")


# Any: classes of prompt_toolkit, which is loaded late.


def _completer(completion: Completion) -> Any:
    from prompt_toolkit.completion import CompleteEvent, Completer
    from prompt_toolkit.completion import Completion as Offered
    from prompt_toolkit.document import Document

    class _Completer(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Offered]:
            prefix, found = completion.suggest(document.text_before_cursor)
            if not prefix and not complete_event.completion_requested and not _invites(document.text_before_cursor):
                return
            for one in found:
                yield Offered(one.text, -len(prefix), display_meta=one.about[:80])

    return _Completer()


def _invites(before: str) -> bool:
    """Whether a list comes up before a letter is typed: behind a bar."""
    return before.rstrip(" ").endswith("|")


def _lexer() -> Any:
    import re

    from prompt_toolkit.document import Document
    from prompt_toolkit.lexers import Lexer

    from vedette.kql.functions.tabular_operators import ALIASES, TABULAR_OPERATORS

    operators = {*TABULAR_OPERATORS, *ALIASES}
    piece = re.compile(
        r"//.*|@?\"(?:\\.|[^\"\\])*\"?|@?'(?:\\.|[^'\\])*'?|\d[\w.]*|[A-Za-z_$!][\w-]*~?|\||.", re.DOTALL
    )

    def tone(text: str, before: str) -> str:
        if text.startswith("//"):
            return "ansibrightblack"
        if text[0] in "\"'" or text[:2] in ('@"', "@'"):
            return "ansigreen"
        if text[0].isdigit():
            return "ansimagenta"
        if text in ("let", "by", "on", "and", "or", "in", "asc", "desc", "has", "contains", "between") or text == "|":
            return "ansiblue"
        return "ansicyan" if text in operators and before in ("", "|", "(", ";") else ""

    class _Lexer(Lexer):
        def lex_document(self, document: Document) -> Any:
            def line(number: int) -> StyleAndTextTuples:
                drawn: StyleAndTextTuples = []
                before = ""
                for text in piece.findall(document.lines[number]):
                    drawn.append((tone(text, before), text))
                    before = before if text.isspace() else text
                return drawn

            return line

    return _Lexer()


def _keys() -> KeyBindings:
    from prompt_toolkit.filters import has_completions
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        chosen = buffer.complete_state.current_completion if buffer.complete_state else None
        if chosen is not None:
            buffer.complete_state = None
        elif buffer.document.is_cursor_at_the_end and is_complete(buffer.text):
            buffer.validate_and_handle()
        elif not buffer.text.strip():
            buffer.reset()
        else:
            buffer.insert_text("\n")

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("escape", filter=has_completions)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.cancel_completion()

    return keys
