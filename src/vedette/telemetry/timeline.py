"""When a recorded event happened, and to when it is moved.

Three clocks take part. Sysmon's `UtcTime` is the sensor's own and is UTC. The log's time may be stamped in lab local
time: in a data set the two then differ by whole hours, and that difference (the *skew*) also puts Security events,
which have only the log's time, where they belong. `UtcTime` is what counts, with one exception: network and DNS events
are stamped by a clock that stands still while a machine is suspended, and then carry times before the start of the very
process that caused them. Where theirs is off from the skewed log time by more than half an hour, that log time is used.

Recordings are old. Each data set is moved as a whole, so order and distances inside it stay: the newest event of the
newest data set becomes now, and the others end before it, evenly spread in their recorded order over `WINDOW_NS` (at
most a day apart), so that a look-back of 30 days sees all of them for a while.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vedette.telemetry.fields import HOUR_NS
from vedette.telemetry.records import Record

WINDOW_NS: Final = 28 * 24 * HOUR_NS
_SECOND_NS: Final = 1_000_000_000
_FARTHEST_APART_NS: Final = 24 * HOUR_NS
_SUSPENDED_CLOCK: Final = (3, 22)
"""Sysmon events that are stamped by the clock that a suspended machine stops."""


def hours_between(sensor: int, log: int) -> int:
    """The difference of the clocks in hours, to the nearest."""
    return (sensor - log + HOUR_NS // 2) // HOUR_NS


@dataclass(slots=True)
class Clock:
    """The clocks of one data set: sightings first, `skew_ns` and `span` afterwards."""

    _hours: Counter[int] = field(default_factory=Counter)
    _sensor: tuple[int, int] | None = None
    _log: tuple[int, int] | None = None
    _network: dict[int, tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=dict)
    """Hours between → (sensor span, log span)."""

    def see(self, record: Record, *, becomes_rows: bool = True) -> None:
        """Take note of one event's times. An event that becomes no row counts for the skew, not for the span."""
        sensor, log = record.sensor_time, record.log_time
        if sensor is not None and log is not None:
            self._hours[hours_between(sensor, log)] += 1
        if not becomes_rows:
            return
        if sensor is None:
            self._log = _wider(self._log, log or 0)
        elif log is None:
            self._sensor = _wider(self._sensor, sensor)
        else:
            hours = hours_between(sensor, log)
            if record.event_id in _SUSPENDED_CLOCK:
                sensors, logs = self._network.get(hours, (None, None))
                self._network[hours] = _wider(sensors, sensor), _wider(logs, log)
            else:
                self._sensor = _wider(self._sensor, sensor)

    @property
    def skew_ns(self) -> int:
        """What to add to the log's time: the difference that most events have, 0 when no event has both times."""
        return max(self._hours, key=lambda hours: (self._hours[hours], -abs(hours)), default=0) * HOUR_NS

    def span(self) -> tuple[int, int] | None:
        """Time of the first and the last event that becomes rows, as `place` gives them; None without such events."""
        skew = self.skew_ns
        spans = [self._sensor] if self._sensor else []
        if self._log:
            spans.append(_moved(self._log, skew))
        for hours, (sensors, logs) in self._network.items():
            spans.append(sensors if hours * HOUR_NS == skew else _moved(logs, skew))
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None


def place(record: Record, skew_ns: int) -> int:
    """When the event happened, in UTC."""
    sensor, log = record.sensor_time, record.log_time
    if sensor is None:
        return (log or 0) + skew_ns
    if log is None or record.event_id not in _SUSPENDED_CLOCK or hours_between(sensor, log) * HOUR_NS == skew_ns:
        return sensor
    return log + skew_ns


def shifts(spans: Mapping[str, tuple[int, int]], now: int) -> dict[str, int]:
    """Data set → what to add to its times, so that the newest event of all is at `now`.

    A data set that is longer than the window ends at `now` or as late as the others let it.
    """
    order = sorted(spans, key=lambda name: (spans[name][1], spans[name][0], name))
    count = len(order)
    apart = _FARTHEST_APART_NS
    for position, name in enumerate(order[:-1]):
        room = max(0, WINDOW_NS - (spans[name][1] - spans[name][0]))
        apart = min(apart, room // (count - 1 - position))
    apart -= apart % _SECOND_NS  # events keep the fractions of a second that were recorded
    return {name: now - (count - 1 - position) * apart - spans[name][1] for position, name in enumerate(order)}


def _wider(span: tuple[int, int] | None, at: int) -> tuple[int, int]:
    return (at, at) if span is None else (min(span[0], at), max(span[1], at))


def _moved(span: tuple[int, int], by: int) -> tuple[int, int]:
    return span[0] + by, span[1] + by
