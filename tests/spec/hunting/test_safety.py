"""A query reaches the tables and nothing else: no file, no network, no setting, whatever is written in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spec.hunting.conftest import compiled
from vedette.errors import QueryError, QueryFault
from vedette.hunting import Engine

NASTY = ["o'brien", 'say "hi"', "x'); DROP TABLE W; --", 'a"; SELECT 1; --', "back\\slash", "new\nline", "%s{0}", "é✓"]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "W.csv").write_text("x\n1\n")
    (tmp_path / "secret.csv").write_text("password\nhunter2\n")
    with Engine.from_paths([tmp_path / "data"]) as engine:
        yield engine


@pytest.mark.parametrize("text", NASTY)
def test_texts_are_texts(engine: Engine, text: str) -> None:
    written = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    assert engine.run(f'print x = "{written}"').rows() == [{"x": text}]


@pytest.mark.parametrize("name", NASTY)
def test_names_of_tables_and_columns_are_names(name: str) -> None:
    written = name.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    with Engine({name: [{name: 1}, {name: 2}]}) as engine:
        result = engine.run(f"['{written}'] | where ['{written}'] > 1")

    assert result.rows() == [{name: 2}]


@pytest.mark.parametrize("name", NASTY)
def test_names_of_files_and_their_columns_are_names(tmp_path: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({name: [1, 2]}), tmp_path / f"{name.replace('/', '')}.parquet")
    with Engine.from_paths([tmp_path]) as engine:
        (schema,) = [engine.tables[table] for table in engine.tables if table == name]

        assert [column.name for column in schema.columns] == [name]
        assert engine.run(
            compiled(f'SELECT count(*) AS n FROM "{name.replace(chr(34), chr(34) * 2)}"', ("n", "long"), tables=(name,))
        ).rows() == [{"n": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/data/../secret.csv')",
        "SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT * FROM sniff_csv('{folder}/secret.csv')",
    ],
)
def test_sql_reads_no_file_but_the_data(engine: Engine, tmp_path: Path, sql: str) -> None:
    with pytest.raises(QueryError) as refused:
        engine.run(compiled(sql.format(folder=tmp_path), ("x", "string")))

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{folder}/data/out.csv'",
        "ATTACH '{folder}/data/x.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE memory.main.t AS SELECT 1",
        "DROP VIEW DeviceInfo",
        "SELECT 1; SELECT 2",
        "PRAGMA database_list",
        "",
    ],
)
def test_anything_but_one_select_is_refused(engine: Engine, tmp_path: Path, sql: str) -> None:
    with pytest.raises(QueryFault):
        engine.run(compiled(sql.format(folder=tmp_path), ("x", "string")))

    assert sorted(file.name for file in (tmp_path / "data").iterdir()) == ["W.csv"]


def test_the_lock_holds_for_the_database_itself(engine: Engine, tmp_path: Path) -> None:
    """Should SQL get past the check for one SELECT, the database refuses it."""
    import duckdb

    connection = engine._held.connection
    for sql in (
        "SET enable_external_access = true",
        "RESET lock_configuration",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        f"ATTACH '{tmp_path}/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        f"SELECT * FROM read_text('{tmp_path}/secret.csv')",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(sql)


def test_python_variables_are_no_tables(engine: Engine) -> None:
    import pyarrow as pa

    secret = pa.table({"x": [1]})

    with pytest.raises(QueryFault):
        engine.run(compiled("SELECT * FROM secret", ("x", "long")))
    assert secret.num_rows == 1


def test_tables_of_one_query_are_not_seen_by_another(engine: Engine) -> None:
    engine.run("let t = materialize(print x = 1); union t, t")

    connection = engine._held.connection
    assert connection.execute("SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal").fetchall() == []


def test_nothing_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Engine() as engine:
        assert len(list(tmp_path.iterdir())) == 1
        engine.run("print 1")

    assert list(tmp_path.iterdir()) == []
