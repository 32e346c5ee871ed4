"""The catalogue's entities can be filtered by what the service's pages say."""

from __future__ import annotations

import pytest

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.odata import NotFilterable, UnknownMember, bind_filter, parse_options
from vedette.odata.entities import model_of


@pytest.mark.parametrize(
    "text",
    [
        "alertCreationTime ge 2020-07-20T00:00:00Z",
        "lastUpdateTime ge 2019-11-22T00:00:00Z and status ne 'Resolved'",
        "severity eq microsoft.windowsDefenderATP.api.AlertSeverity'High'",
        "incidentId eq 5 or assignedTo eq null",
    ],
)
def test_the_documented_alert_filters_bind(text: str) -> None:
    assert bind_filter(text, model_of(Alert)).kind == "boolean"


@pytest.mark.parametrize(
    "text",
    [
        "riskScore eq 'High'",
        "healthStatus ne 'Active'",
        "lastSeen gt 2018-08-01Z",
        "startswith(computerDnsName,'mymachine')",
        "machineTags/any(tag: tag eq 'x')",
        "ComputerDnsName eq 'a'",
    ],
)
def test_the_documented_machine_filters_bind(text: str) -> None:
    assert bind_filter(text, model_of(Machine)).kind == "boolean"


def test_what_the_pages_do_not_list_cannot_be_filtered() -> None:
    with pytest.raises(NotFilterable):
        bind_filter("title eq 'x'", model_of(Alert))


def test_a_listing_can_filter_by_less_than_its_entity() -> None:
    only_status = model_of(Alert, ("status",))

    assert only_status.filterable_names == ("status",)
    with pytest.raises(NotFilterable):
        bind_filter("severity eq 'High'", only_status)


def test_an_unknown_member_names_the_value_set() -> None:
    with pytest.raises(UnknownMember, match="AlertSeverity has no member 'high'"):
        bind_filter("severity eq 'high'", model_of(Alert))


def test_evidence_is_expandable_with_options() -> None:
    (expand,) = parse_options([("$expand", "evidence($filter=entityType eq 'File')")], model_of(Alert)).expand

    assert expand.options.filter is not None
