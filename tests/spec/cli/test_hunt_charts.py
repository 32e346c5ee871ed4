"""`render` drawn: in the terminal where somebody looks, as an image where a file is named, as a table otherwise."""

from __future__ import annotations

import struct
from functools import partial
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Cli
from vedette.cli.hunt_places import Rows
from vedette.errors import ConfigurationError
from vedette.kql import Render
from vedette.kql.charts import Chart, chart_of

COUNTS = """\
datatable(Day: datetime, Device: string, Count: long) [
    datetime(2026-11-01), "ws-01", 4, datetime(2026-11-01), "ws-02", 8,
    datetime(2026-11-02), "ws-01", 2, datetime(2026-11-02), "ws-02", 6,
]
"""


@pytest.fixture
def hunt(cli: Cli, tmp_path: Path) -> Cli:
    (tmp_path / "any.csv").write_text("a\n1\n")
    return partial(cli, "hunt", "--local", str(tmp_path / "any.csv"), width=60)


def chart(columns: str, *rows: tuple[object, ...], render: str = "timechart", **properties: object) -> Chart:
    """The chart of rows under columns such as `Day: datetime, Count: long`."""
    schema = tuple((name, kind) for name, _, kind in (one.partition(": ") for one in columns.split(", ")))
    found = [dict(zip((name for name, _ in schema), row, strict=True)) for row in rows]
    return chart_of(Rows("", schema, lambda: found, lambda: None), Render(render, properties))


DAY = "2026-11-01T00:00:00.0000000Z"
AT = 1_793_491_200.0


def test_bars_are_as_long_as_their_values(hunt: Cli) -> None:
    ended = hunt(f"{COUNTS}| summarize n = sum(Count) by Device | sort by n asc | render barchart", "--chart")

    assert ended.lines == [
        f"ws-01 {'█' * 21}▍ 6",
        f"ws-02 {'█' * 50} 14",
    ]


def test_stacked_bars_are_one_bar_of_patterns_with_a_legend(hunt: Cli) -> None:
    ended = hunt(f"{COUNTS}| render columnchart with (kind=stacked, title='By day', ytitle='events')", "--chart")

    assert ended.lines == [
        "By day",
        "           events",
        f"2026-11-01 {'█' * 15}{'▓' * 30} 12",
        f"2026-11-02 {'█' * 8}{'▓' * 22} 8",
        "█ ws-01  ▓ ws-02",
    ]


def test_shares_say_how_much_of_the_whole_they_are(hunt: Cli) -> None:
    ended = hunt(f"{COUNTS}| summarize n = sum(Count) by Device | sort by n asc | render piechart", "--chart")

    assert [line.split(" ", 2)[2] for line in ended.lines] == ["6  30.0 %", "14  70.0 %"]


def test_lines_have_axes_and_a_letter_for_each_series_without_colour(hunt: Cli) -> None:
    ended = hunt(f"{COUNTS}| render timechart", "--chart")

    assert ended.lines[0] == "Count"
    assert ended.lines[1].startswith("8 ┤b")
    assert ended.lines[-3].startswith("  └──")
    assert ended.lines[-2].split() == ["11-01", "00:00", "11-01", "12:00", "11-02", "00:00"]
    assert ended.lines[-1] == "a ws-01  b ws-02"
    assert max(map(len, ended.lines)) <= 60


def test_colour_tells_series_apart_where_there_is_colour(hunt: Cli) -> None:
    coloured = hunt(f"{COUNTS}| render timechart", "--chart", environment={"FORCE_COLOR": "1"})
    plain = hunt(f"{COUNTS}| render timechart", "--chart", environment={"FORCE_COLOR": "1", "NO_COLOR": "1"})

    assert "\x1b[36m●\x1b[0m ws-01" in coloured.out
    assert "\x1b" not in plain.out


def test_a_card_shows_the_values_of_the_first_row(hunt: Cli) -> None:
    assert hunt("print Machines = 17, Alerts = 3 | render card with (title='Now')", "--chart").lines == [
        "Now", "17", "Machines", "3", "Alerts",
    ]  # fmt: skip


def test_nothing_is_drawn_in_a_pipe_or_where_it_is_not_wanted(hunt: Cli) -> None:
    table = ["Device  Count", "ws-01       6", "ws-02      14"]
    query = f"{COUNTS}| summarize Count = sum(Count) by Device | sort by Device asc | render barchart"

    assert hunt(query).lines == table
    assert hunt(query, "--no-chart").lines == table
    assert hunt(query, "--chart", "-o", "csv").lines == ["Device,Count", "ws-01,6", "ws-02,14"]


def test_what_cannot_be_drawn_is_a_table_with_a_word_about_it(hunt: Cli) -> None:
    ended = hunt("print x = 1 | render ladderchart", "--chart")

    assert ended.lines == ["x", "1"]
    assert ended.err.startswith("A ladderchart is not drawn here; this is its table.\n")


def test_a_time_chart_takes_the_first_time_as_axis_and_texts_as_series() -> None:
    drawn = chart(
        "Device: string, Day: datetime, Count: long, Size: real", ("ws-01", DAY, 4, 0.5), ("ws-02", DAY, 8, None)
    )

    assert (drawn.kind, drawn.axis, drawn.x_title) == ("lines", "time", "Day")
    assert [(one.name, one.points) for one in drawn.series] == [
        ("ws-01: Count", [(AT, 4.0)]),
        ("ws-01: Size", [(AT, 0.5)]),
        ("ws-02: Count", [(AT, 8.0)]),
        ("ws-02: Size", []),
    ]


def test_properties_choose_columns() -> None:
    drawn = chart(
        "A: long, B: long, C: string, D: string", (1, 2, "x", "y"),
        render="linechart", xcolumn="B", ycolumns="A", series="D", accumulate=True,
    )  # fmt: skip

    assert (drawn.x_title, drawn.y_title) == ("B", "A")
    assert [(one.name, one.points) for one in drawn.series] == [("y", [(2.0, 1.0)])]
    with pytest.raises(ConfigurationError, match="the result has no column E for ycolumns"):
        chart("A: long, B: long", (1, 2), ycolumns="E")


def test_accumulated_values_add_up_in_the_order_of_the_axis() -> None:
    drawn = chart("X: long, Y: long", (3, 1), (1, 5), (2, 2), render="linechart", accumulate=True)

    assert drawn.series[0].points == [(1.0, 5.0), (2.0, 7.0), (3.0, 8.0)]


def test_series_of_make_series_are_spread_out() -> None:
    later = "2026-11-02T00:00:00.0000000Z"
    drawn = chart("Device: string, n: dynamic, Day: dynamic", ("ws-01", [4, 2], [DAY, later]))

    assert drawn.axis == "time"
    assert [(one.name, one.points) for one in drawn.series] == [("ws-01", [(AT, 4.0), (AT + 86_400, 2.0)])]


def test_a_logarithmic_axis_needs_values_above_zero() -> None:
    assert chart("X: long, Y: long", (1, 10), render="linechart", yaxis="log").log_y
    drawn = chart("X: long, Y: long", (1, 0), render="linechart", yaxis="log")
    assert not drawn.log_y
    assert len(drawn.remarks) == 1


@pytest.mark.parametrize(
    "chart_name", ["timechart", "areachart", "columnchart", "barchart", "piechart", "scatterchart", "card"]
)
def test_an_image_is_written(hunt: Cli, tmp_path: Path, chart_name: str) -> None:
    pytest.importorskip("matplotlib")
    image = tmp_path / "chart.png"

    ended = hunt(f"{COUNTS}| render {chart_name} with (title='A $ sign')", "--plot", str(image))

    assert ended.status == 0, ended.err
    content = image.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1500, 750)
    assert f"The chart is in {image}.\n" in ended.err


def test_an_image_may_be_svg(hunt: Cli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert hunt(f"{COUNTS}| render timechart", "--plot", str(tmp_path / "a.svg")).status == 0
    assert "<svg" in (tmp_path / "a.svg").read_text()


def test_without_matplotlib_it_is_said_what_to_install(hunt: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "matplotlib" else found(name))

    ended = hunt("print x = 1 | render card", "--plot", "a.png")

    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "error: --plot needs matplotlib\nhint: pip install 'vedette[plot]'\n"


def test_a_query_that_renders_nothing_gives_no_image(hunt: Cli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ended = hunt("print x = 1", "--plot", str(tmp_path / "a.png"))

    assert ended.status == 2
    assert ended.err.startswith("error: the query does not say what to draw\n")
    assert not (tmp_path / "a.png").exists()
