"""`externaldata` reads what the engine's owner allows, in the formats of the documentation, and nothing else."""

from __future__ import annotations

import gzip
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.errors import QueryError, QueryLimitExceeded
from vedette.hunting import Engine, Outside


def zipped(**files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return held.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    folder.mkdir()
    return folder


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    with Engine(outside=Outside(folders=(folder,))) as engine:
        yield engine


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", b'ws-01,7\n"x, y",\n', "format='csv'"),
        ("a.csv", b'Name,Score\r\nws-01,7\r\n"x, y",abc\r\n', "format='csv', ignoreFirstRecord=true"),
        ("a.csv.gz", gzip.compress(b'ws-01,7\n"x, y",\n', mtime=0), "format='csv'"),
        ("a.zip", zipped(a_csv='ws-01,7\n"x, y",\n'), "format='csv'"),
        ("a.tsv", b"ws-01\t7\nx, y\t\n", "format='tsv'"),
        ("a.psv", b"ws-01|7\nx, y|\n", "format='psv'"),
        ("a.json", b'{"Name": "ws-01", "Score": 7, "More": 1}\n{"Name": "x, y"}\n', "format='json'"),
        ("a.json", b'[{"Name": "ws-01", "Score": "7"}, {"Name": "x, y", "Score": null}]', "format='multijson'"),
    ],
)
def test_formats(engine: Engine, folder: Path, name: str, content: bytes, options: str) -> None:
    """What does not fit a column's type is null, as in Kusto."""
    (folder / name).write_bytes(content)

    result = engine.run(f"externaldata(Name: string, Score: long) [@'{folder / name}'] with ({options})")

    assert result.rows() == [{"Name": "ws-01", "Score": 7}, {"Name": "x, y", "Score": None}]


def test_parquet(engine: Engine, folder: Path) -> None:
    pq.write_table(pa.table({"Score": [7], "Name": ["ws-01"]}), folder / "a.parquet")

    result = engine.run(f"externaldata(Name: string, Score: long) [@'{folder}/a.parquet'] with (format='parquet')")

    assert result.rows() == [{"Name": "ws-01", "Score": 7}]


def test_lines_of_text(engine: Engine, folder: Path) -> None:
    (folder / "a.txt").write_text('first, "line"\r\nsecond\n\nlast')

    result = engine.run(f"externaldata(Line: string) [@'{folder}/a.txt'] with (format='txt')")

    assert [row["Line"] for row in result] == ['first, "line"', "second", "", "last"]


def test_types(engine: Engine, folder: Path) -> None:
    (folder / "a.csv").write_text('2026-03-01T12:00:00.1234567+02:00,1.02:03:04,true,0.5,"{""a"":1}",text\n')

    result = engine.run(
        "externaldata(t: datetime, p: timespan, b: bool, r: real, d: dynamic, e: dynamic) "
        f"[@'{folder}/a.csv'] with (format='csv')"
    )

    assert result.json_rows() == [
        {"t": "2026-03-01T10:00:00.1234567Z", "p": "1.02:03:04", "b": True, "r": 0.5, "d": {"a": 1}, "e": "text"}
    ]


def test_a_relative_path_is_below_the_allowed_folder(engine: Engine, folder: Path) -> None:
    (folder / "a.csv").write_text("x\n")

    assert engine.run("externaldata(Name: string) ['a.csv'] with (format='csv')").rows() == [{"Name": "x"}]


def test_several_files_are_one_table(engine: Engine, folder: Path) -> None:
    for name in "ab":
        (folder / f"{name}.csv").write_text(f"{name}\n")

    result = engine.run(
        f"externaldata(Name: string) [@'{folder}/a.csv', @'{folder}/b.csv'] with (format='csv') | sort by Name asc"
    )

    assert result.rows() == [{"Name": "a"}, {"Name": "b"}]


@pytest.mark.parametrize(
    "address", ["/etc/hostname", "../secret.csv", "{folder}/../secret.csv", "{folder}/link.csv", "file:///etc/hostname"]
)
def test_files_elsewhere_are_refused(engine: Engine, folder: Path, address: str) -> None:
    (folder.parent / "secret.csv").write_text("hunter2\n")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")

    with pytest.raises(QueryError, match="may not read the file") as refused:
        engine.run(f"externaldata(Name: string) [@'{address.format(folder=folder)}'] with (format='csv')")

    assert "Outside(folders=" in refused.value.hint


def test_nothing_is_allowed_by_default(folder: Path) -> None:
    (folder / "a.csv").write_text("x\n")
    with Engine() as engine:
        with pytest.raises(QueryError, match="may not read the file"):
            engine.run(f"externaldata(Name: string) [@'{folder}/a.csv'] with (format='csv')")
        with pytest.raises(QueryError, match=r"may not fetch https://example\.com/a\.csv\n") as refused:
            engine.run("externaldata(Name: string) [@'https://example.com/a.csv?sig=s3cret'] with (format='csv')")

    assert refused.value.hint == "Allow the host: Engine(..., outside=Outside(hosts=frozenset({'example.com'})))."
    assert "s3cret" not in repr(refused.value)


def test_a_missing_file_is_named(engine: Engine) -> None:
    with pytest.raises(QueryError, match=r"there is no file none\.csv in the allowed folders"):
        engine.run("externaldata(Name: string) ['none.csv'] with (format='csv')")


class Site(BaseHTTPRequestHandler):
    """A site that others publish lists on."""

    def do_GET(self) -> None:
        place = self.path.partition("?")[0]
        if place == "/moved.csv":
            self.answer(302, b"", location=f"http://127.0.0.1:{self.server.server_port}/list.csv")  # type: ignore[attr-defined]
        elif place == "/away.csv":
            self.answer(302, b"", location=f"http://localhost:{self.server.server_port}/list.csv")  # type: ignore[attr-defined]
        elif place == "/list.csv":
            self.answer(200, b"ws-01\n")
        elif place == "/large.csv":
            self.answer(200, b"x\n" * 100_000)
        else:
            self.answer(404, b"")

    def answer(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def fetching() -> Iterator[Engine]:
    with Engine(outside=Outside(hosts=frozenset({"127.0.0.1"}), max_bytes=100_000)) as engine:
        yield engine


@pytest.mark.parametrize("place", ["/list.csv", "/moved.csv", "/list.csv?sig=abc", "/list.csv;key"])
def test_lists_are_fetched_from_allowed_hosts(fetching: Engine, site: str, place: str) -> None:
    result = fetching.run(f"externaldata(Name: string) [@'{site}{place}'] with (format='csv')")

    assert result.rows() == [{"Name": "ws-01"}]


@pytest.mark.parametrize(
    ("place", "said"),
    [("/away.csv", "may not fetch http://localhost/list.csv"), ("/none.csv?sig=s3cret", "/none.csv answered 404")],
)
def test_what_cannot_be_fetched(fetching: Engine, site: str, place: str, said: str) -> None:
    with pytest.raises(QueryError, match=said) as refused:
        fetching.run(f"externaldata(Name: string) [@'{site}{place}'] with (format='csv')")

    assert "s3cret" not in repr(refused.value)


def test_a_file_that_is_too_large_is_not_read_to_its_end(fetching: Engine, site: str) -> None:
    with pytest.raises(QueryLimitExceeded) as stopped:
        fetching.run(f"externaldata(Name: string) [@'{site}/large.csv'] with (format='csv')")

    assert (stopped.value.limit, stopped.value.allowed) == ("bytes", 100_000)


def test_an_archive_that_grows_when_it_is_unpacked(folder: Path) -> None:
    (folder / "a.zip").write_bytes(zipped(a_csv="x\n" * 100_000))

    with (
        Engine(outside=Outside(folders=(folder,), max_bytes=10_000)) as engine,
        pytest.raises(QueryLimitExceeded, match=r"a\.csv has more than 10,000 bytes"),
    ):
        engine.run("externaldata(Name: string) ['a.zip'] with (format='csv')")
