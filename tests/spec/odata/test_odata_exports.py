"""What `vedette.odata` says is public is there, and building filters loads no machinery for answering them."""

from __future__ import annotations

import subprocess
import sys

import vedette.odata


def test_every_public_name_is_there() -> None:
    assert {name for name in vedette.odata.__all__ if getattr(vedette.odata, name, None) is None} == set()
    assert sorted(vedette.odata.__all__) == sorted(vedette.odata._MODULE_OF)


def test_building_a_filter_loads_neither_binder_nor_sqlite() -> None:
    program = (
        "import sys; from vedette.odata import field; str(field('a') == 1);"
        "print(sorted({'vedette.odata.binder', 'vedette.odata.lexer', 'sqlite3', 'msgspec'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"
