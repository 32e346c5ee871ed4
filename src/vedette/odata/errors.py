"""What can be wrong with query options, each with its place in the text.

```text
ODataError                the service's code of that name: message, option, text, position, length, allowed, nearest
├── ODataSyntaxError      the text does not follow the grammar
├── UnknownProperty       the type has no such property: nearest, allowed
├── NotFilterable         the property exists and the service does not filter by it: allowed
├── TypeMismatch          the two sides of an operator, or an argument, do not fit
├── UnknownMember         no such member of the value set: nearest, allowed
├── UnsupportedOption     an option, operator or function that the service does not offer: allowed
└── TooComplex            longer or deeper than what is evaluated
```

Nothing here knows HTTP; the tenant turns these into error bodies.
"""

from __future__ import annotations

from collections.abc import Iterable

_WINDOW = 60
"""Characters of the text shown on either side of the fault."""


class ODataError(ValueError):
    """A query option cannot be answered.

    `position` counts characters of `text`, from 0; `length` is the extent of the fault there. `allowed` holds what
    would have been accepted in its place, `nearest` the accepted names that look most like what was written.
    """

    def __init__(
        self,
        message: str,
        *,
        text: str = "",
        position: int | None = None,
        length: int = 1,
        allowed: Iterable[str] = (),
        nearest: Iterable[str] = (),
        option: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.position = position
        self.length = length
        self.allowed = tuple(allowed)
        self.nearest = tuple(nearest)
        self.option = option

    def __str__(self) -> str:
        where = self.option or ""
        if self.position is not None:
            where = f"{where} character {self.position + 1}".lstrip()
        return f"{self.message} ({where})" if where else self.message

    @property
    def excerpt(self) -> str:
        """The part of the text around the fault, with carets under it on a second line. Empty without a position."""
        if self.position is None:
            return ""
        start = max(0, self.position - _WINDOW)
        end = min(len(self.text), self.position + _WINDOW)
        before, after = "…" if start else "", "…" if end < len(self.text) else ""
        line = before + "".join(" " if c.isspace() else c for c in self.text[start:end]) + after
        carets = max(1, min(self.length, end - self.position))
        return f"{line}\n{' ' * (len(before) + self.position - start)}{'^' * carets}"

    def within(self, text: str, offset: int) -> ODataError:
        """The same error, placed in a longer text that holds this one's text from `offset` on."""
        self.text = text
        if self.position is not None:
            self.position += offset
        return self

    def of_option(self, option: str) -> ODataError:
        """The same error, naming the option it was found in. An option named earlier, nearer to the fault, stays."""
        self.option = option if self.option is None else self.option
        return self


class ODataSyntaxError(ODataError):
    """The text does not follow the grammar of OData query options."""


class UnknownProperty(ODataError):
    """The type has no such property; `allowed` are the ones it has."""


class NotFilterable(ODataError):
    """The property exists, and the service does not filter by it; `allowed` are the ones it filters by."""


class TypeMismatch(ODataError):
    """Two sides of an operator, or a function and its argument, have types that do not fit."""


class UnknownMember(ODataError):
    """The value set has no such member; `allowed` are its members, whose case matters."""


class UnsupportedOption(ODataError):
    """The service does not offer this option, operator or function; `allowed` are the ones it offers."""


class TooComplex(ODataError):
    """The text is longer, or nested deeper, than what is evaluated."""
