"""Runs another program once for each partition of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from vedette.kql.kernels.kernel import PROCEDURES, procedure

if TYPE_CHECKING:
    import pyarrow as pa


@procedure("by_partition")
def by_partition(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """What the program gives for each run of rows with equal keys, then columns that are the same for all rows of a
    partition, then the number of the row.

    Options: `procedure` and `options` of the program, `own` its input's columns, `keys`, `constants` (name in the
    input → name in the output), and `number`.
    """
    import pyarrow as pa

    (rows,) = inputs
    own, keys = cast("list[str]", options["own"]), cast("list[str]", options["keys"])
    constants = cast("dict[str, str]", options["constants"])
    inner = cast("dict[str, object]", options["options"])
    program = PROCEDURES[str(options["procedure"])]
    listed: list[Sequence[Any]] = [rows.column(key).to_pylist() for key in keys]  # Any: values of all types
    marks = list(zip(*listed, strict=True))
    made: list[pa.Table] = []
    at = 0
    for _, run in groupby(marks):
        size = len(list(run))
        part = program([rows.select(own).slice(at, size)], inner)
        for name, shown in constants.items():
            kind = rows.schema.field(name).type
            value = rows.column(name)[at].as_py()
            part = part.append_column(shown, pa.array([value] * part.num_rows, kind))
        made.append(part)
        at += size
    if not made:
        part = program([rows.select(own)], inner).slice(0, 0)
        for name, shown in constants.items():
            part = part.append_column(shown, pa.array([], rows.schema.field(name).type))
        made.append(part)
    joined = pa.concat_tables(made, promote_options="permissive")
    return joined.append_column(str(options["number"]), pa.array(range(joined.num_rows), pa.int64()))
