"""Data frames of rows, for those who work with pandas."""

from __future__ import annotations

from typing import Any


def pandas_frame(table: Any) -> Any:  # a pyarrow.Table; a pandas.DataFrame
    """An Arrow table as a `pandas.DataFrame`.

    Whole numbers and truth values become pandas' own nullable types: as floats, which pandas takes for numbers with
    gaps, large ids would lose their last digits, and types would hang on the rows. Raises: ImportError without pandas.
    """
    import pandas
    import pyarrow

    nullable = {
        pyarrow.int32(): pandas.Int32Dtype(),
        pyarrow.int64(): pandas.Int64Dtype(),
        pyarrow.bool_(): pandas.BooleanDtype(),
    }
    return table.to_pandas(types_mapper=nullable.get)
