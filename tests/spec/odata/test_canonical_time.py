"""The one text form of a time, whose alphabetical order is the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.odata import canonical_time
from vedette.odata.times import duration_text, parse_duration, shifted, short_time


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("2018-08-01", "2018-08-01T00:00:00.0000000Z"),
        ("2018-08-01Z", "2018-08-01T00:00:00.0000000Z"),
        ("2020-07-20T01:02Z", "2020-07-20T01:02:00.0000000Z"),
        ("2020-07-20T01:02:03", "2020-07-20T01:02:03.0000000Z"),
        ("2020-07-20t01:02:03.5z", "2020-07-20T01:02:03.5000000Z"),
        ("2020-07-20T01:02:03.1234567Z", "2020-07-20T01:02:03.1234567Z"),
        ("2020-07-20T01:02:03.1234567000Z", "2020-07-20T01:02:03.1234567Z"),
        ("2020-07-20T01:02:03.1234567+02:00", "2020-07-19T23:02:03.1234567Z"),
        ("2020-07-20T01:02:03-05:30", "2020-07-20T06:32:03.0000000Z"),
        ("2020-07-20T01:02:03 02:00", "2020-07-19T23:02:03.0000000Z"),
        (datetime(2020, 7, 20, 1, 2, 3, 4, tzinfo=UTC), "2020-07-20T01:02:03.0000040Z"),
        (datetime(2020, 7, 20, tzinfo=timezone(timedelta(hours=2))), "2020-07-19T22:00:00.0000000Z"),
    ],
)
def test_every_spelling_has_the_same_canonical_form(written: str | datetime, canonical: str) -> None:
    assert canonical_time(written) == canonical
    assert canonical_time(canonical) == canonical
    assert canonical_time(short_time(canonical)) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "2020-07-20T01:02:03.12345678Z",
        "2020-02-30",
        "2020-07-20T24:00:00Z",
        "2020-07-20T01:02:03+15:00",
        "0001-01-01T00:00:00+01:00",
        "2020-07-20+02:00",
        "٢٠٢٠-07-20",
        datetime(2020, 7, 20),  # noqa: DTZ001  # the point of the case
    ],
)
def test_what_is_no_moment_is_refused(written: str | datetime) -> None:
    with pytest.raises(ValueError):
        canonical_time(written)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_text_order_is_time_order(a: datetime, b: datetime) -> None:
    assert (canonical_time(a) < canonical_time(b)) == (a < b)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("P7D", 604_800), ("PT1H30M", 5_400), ("-PT0.5S", -0.5), ("P1DT1S", 86_401), ("PT0S", 0)],
)
def test_durations_are_read_and_written(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds * 10_000_000
    assert duration_text(parse_duration(text)) == text


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "7D", "P1Y", "PT1.12345678S"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


@given(st.integers(-(10**17), 10**17))
def test_shifting_there_and_back_changes_nothing(ticks: int) -> None:
    start = "2020-07-20T01:02:03.1234567Z"

    assert shifted(shifted(start, ticks), -ticks) == start
    assert duration_text(parse_duration(duration_text(ticks))) == duration_text(ticks)
