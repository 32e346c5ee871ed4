"""What a row of telemetry is while it travels: the table's name and the columns that have a value.

Values are plain Python: `str`, `bool`, `int` (int and long), `float` (real), aware UTC `datetime`; `dynamic`
columns and `AdditionalFields` hold JSON text. A column that is absent has no value: empty text, or null for
numbers and times. A tuple rather than a class, because streams hold millions of them.
"""

from __future__ import annotations

from typing import TypeAlias

Event: TypeAlias = tuple[str, dict[str, object]]
"""(table name, column → value)."""
