"""Hunting in the portal: a query runs as the signed-in user, its rows and chart are shown, mistakes are pointed at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.spec.portal.browser import Browser
from tests.spec.portal.conftest import WS1

SignedIn = Callable[[str], Browser]


def hunted(browser: Browser, query: str) -> Browser:
    return browser.open("/portal/hunting").submit("/portal/hunting", query=query)


def test_rows_are_shown_with_the_query_that_gave_them(signed_in: SignedIn) -> None:
    browser = hunted(
        signed_in("analyst"), 'print Name = "<b>ws</b>", Count = 1200, At = datetime(2026-11-01 10:00:00.5)'
    )

    assert browser.answer.status_code == 200
    assert "1 row in" in browser.page.text
    assert "Name Count At <b>ws</b> 1200 2026-11-01 10:00:00.5" in browser.page.text
    assert 'print Name = "<b>ws</b>"' in browser.page.text


@pytest.mark.parametrize(
    ("column", "address"), [("DeviceId", f"/portal/machines/{WS1}"), ("AlertId", f"/portal/alerts/{WS1}")]
)
def test_machines_and_alerts_are_links(signed_in: SignedIn, column: str, address: str) -> None:
    browser = hunted(signed_in("analyst"), f'print {column} = "{WS1}", Other = "{WS1}"')

    assert browser.page.links[WS1] == address
    assert browser.answer.text.count(f">{WS1}</a>") == 1


def test_a_mistake_is_pointed_at_and_the_query_is_kept(signed_in: SignedIn) -> None:
    browser = hunted(signed_in("analyst"), "DeviceProcessEvents\n| where FileNam == 'x'")

    assert browser.answer.status_code == 400
    assert "Failed to resolve scalar expression named 'FileNam'." in browser.page.text
    assert "2 | | where FileNam == 'x' | ^^^^^^^ hint: Did you mean FileName?" in browser.page.text
    assert "advanced_queries" not in browser.page.text
    assert browser.answer.text.count("DeviceProcessEvents\n| where FileNam") == 1


def test_no_query_is_asked_for(signed_in: SignedIn) -> None:
    assert "Write a query first." in hunted(signed_in("analyst"), " \n").page.text


def test_no_rows_are_said_to_be_none(signed_in: SignedIn) -> None:
    browser = hunted(signed_in("analyst"), "DeviceInfo | where DeviceName == 'nobody'")

    assert "0 rows in" in browser.page.text
    assert "Nothing matches." in browser.page.text


def test_a_long_result_is_cut_on_the_page_and_whole_in_the_file(signed_in: SignedIn) -> None:
    query = "range n from 1 to 1200 step 1 | sort by n asc"
    browser = hunted(signed_in("analyst"), query)
    assert "1,200 rows in" in browser.page.text
    assert "the first 500 are shown" in browser.page.text
    assert browser.answer.text.count("<tr>") == 501

    browser.submit("/portal/hunting", query=query, **{"as": "csv"})

    assert browser.answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert browser.answer.headers["content-disposition"] == 'attachment; filename="hunting.csv"'
    assert browser.answer.text.split("\r\n") == ["n", *map(str, range(1, 1201)), ""]


def test_values_in_a_file_are_those_of_the_answer(signed_in: SignedIn) -> None:
    query = (
        'print a = dynamic({"x": [1]}), b = true, c = 0.5, d = "e, \\"f\\"", g = int(null), h = datetime(2026-11-01)'
    )

    browser = signed_in("analyst").open("/portal/hunting").submit("/portal/hunting", query=query, **{"as": "csv"})

    header, row, _ = browser.answer.text.split("\r\n")
    assert header == "a,b,c,d,g,h"
    assert row == '"{""x"":[1]}",true,0.5,"e, ""f""",,2026-11-01T00:00:00.0000000Z'


@pytest.mark.parametrize(
    ("query", "drawn"),
    [
        (
            "range t from datetime(2026-11-01) to datetime(2026-11-03) step 1d | extend n = 2 | render timechart",
            "<polyline",
        ),
        ("range t from 1 to 3 step 1 | extend n = t * 2 | render areachart", "<polygon"),
        ("range t from 1 to 3 step 1 | extend n = t * 2 | render scatterchart", "<circle"),
        ('datatable(k: string, n: long)["a", 1, "b", 2] | render columnchart', "<rect"),
        ('datatable(k: string, n: long)["a", 1, "b", 2] | render barchart', "<rect"),
        ('datatable(k: string, n: long)["a", 1, "b", 2] | render piechart', "(66.7 %)"),
        ("print Total = 7 | render card", "<dt>Total</dt><dd>7</dd>"),
    ],
)
def test_what_a_query_renders_is_drawn(signed_in: SignedIn, query: str, drawn: str) -> None:
    browser = hunted(signed_in("analyst"), query)

    assert drawn in browser.answer.text
    assert browser.page.blocked == []


def test_heights_are_to_scale(signed_in: SignedIn) -> None:
    text = hunted(
        signed_in("analyst"), 'datatable(k: string, n: long)["a", 50, "b", 100] | render columnchart'
    ).answer.text

    heights = [float(bar.split('height="')[1].split('"')[0]) for bar in text.split("<rect")[1:]]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)


def test_names_in_a_chart_are_text(signed_in: SignedIn) -> None:
    query = """datatable(k: string, s: string, n: long)['<script>', '<i>', 1, 'b', '"x', 2]
        | render columnchart with (title='<b>')"""
    browser = hunted(signed_in("analyst"), query)

    assert browser.page.blocked == []
    assert "<script>" not in browser.answer.text
    assert "<i>" not in browser.answer.text


def test_what_cannot_be_drawn_is_said_and_the_rows_are_there(signed_in: SignedIn) -> None:
    browser = hunted(signed_in("analyst"), "print x = 7 | render timechart with (xcolumn=nope)")

    assert "the result has no column nope for xcolumn" in browser.page.text
    assert "1 row in" in browser.page.text


def test_of_very_many_columns_the_empty_ones_are_left_out(signed_in: SignedIn) -> None:
    query = "union (print Marked = 'here'), DeviceProcessEvents, EmailEvents"
    browser = hunted(signed_in("analyst"), query)

    assert "columns without any value are left out." in browser.page.text
    assert browser.answer.text.count('<th scope="col"') == 1
    assert "Marked here" in browser.page.text


def test_every_table_is_listed_with_its_columns(signed_in: SignedIn) -> None:
    text = signed_in("analyst").open("/portal/hunting").page.text

    assert text.index("DeviceProcessEvents") < text.index("EmailEvents")
    assert "ProcessCommandLine string" in text


def test_an_address_can_carry_a_query_or_a_detection_and_runs_neither(signed_in: SignedIn) -> None:
    browser = signed_in("analyst").open("/portal/hunting?query=print+1")
    assert "print 1" in browser.page.text
    assert "row in" not in browser.page.text

    browser.open(browser.page.links["Backup copies were deleted"])

    assert "vssadmin" in browser.page.text
    assert "rows in" not in browser.page.text


def test_a_forged_form_runs_nothing(signed_in: SignedIn) -> None:
    browser = (
        signed_in("analyst").open("/portal/hunting").submit("/portal/hunting", query="print 1", form_token="forged")
    )

    assert browser.answer.status_code == 403
    assert "The form is stale." in browser.page.text
    assert "row in" not in browser.page.text
