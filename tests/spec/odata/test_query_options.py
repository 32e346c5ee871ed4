"""The options of one request: read once, refused when not offered, printable so that a next link keeps them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from vedette.odata import (
    EntityModel,
    NotFilterable,
    ODataError,
    ODataSyntaxError,
    Options,
    TypeMismatch,
    UnknownProperty,
    UnsupportedOption,
    bind_filter,
    parse_options,
)


def test_nothing_asked_is_nothing_wanted(alert: EntityModel) -> None:
    assert parse_options([], alert) == Options()
    assert Options().to_query() == ""


def test_every_option_is_read_under_its_wire_names(alert: EntityModel) -> None:
    options = parse_options(
        [
            ("$filter", "Severity eq 'High'"),
            ("$orderby", "AlertCreationTime desc, id asc"),
            ("$select", "ID,relateduser/USERNAME"),
            ("$expand", "Evidence"),
            ("$top", "10"),
            ("$skip", "20"),
            ("$count", "true"),
            ("$format", "json"),
        ],
        alert,
    )

    assert options.filter is not None
    assert options.filter.bound == bind_filter("severity eq 'High'", alert)
    assert [(term.text, term.descending) for term in options.orderby] == [("alertCreationTime", True), ("id", False)]
    assert options.select == ("id", "relatedUser/userName")
    assert options.expands("evidence")
    assert (options.top, options.skip, options.count) == (10, 20, True)


def test_option_names_match_without_regard_to_case(alert: EntityModel) -> None:
    assert parse_options([("$Top", "5")], alert).top == 5


def test_the_filter_survives_in_a_query_string(alert: EntityModel) -> None:
    asked = [
        ("$filter", "assignedTo eq 'a&b+c''d%' and alertCreationTime ge 2020-07-20T00:00:00+02:00"),
        ("$orderby", "alertCreationTime desc"),
        ("$select", "id,severity"),
        ("$expand", "evidence($filter=sha1 eq 'a;b,c' or processId gt 5;$select=sha1;$orderby=processId desc;$top=3)"),
        ("$count", "true"),
        ("$top", "100"),
        ("sinceTime", "2020-07-20T00:00:00+00:00"),
    ]
    options = parse_options(asked, alert)

    link = replace(options, skip=100, top=None).to_query()

    assert parse_options(parse_qsl(link, keep_blank_values=True), alert) == replace(options, skip=100, top=None)
    assert " " not in link
    assert "+" not in link


def test_query_strings_print_canonically(alert: EntityModel) -> None:
    options = parse_options([("$filter", "(severity  EQ 'High')"), ("$top", "5")], alert)

    assert options.to_query() == "$filter=severity%20eq%20'High'&$top=5"


@pytest.mark.parametrize("text", ["id,*", "*"])
def test_a_star_selects_everything(alert: EntityModel, text: str) -> None:
    assert parse_options([("$select", text)], alert).select is None


def test_expanded_items_have_options_of_their_own(alert: EntityModel) -> None:
    (expand,) = parse_options(
        [("$expand", "evidence($select=SHA1;$filter=sha1 eq 'a;b)';$top=2;$skip=1;$count=true)")], alert
    ).expand

    assert expand.name == "evidence"
    assert expand.options.select == ("sha1",)
    assert expand.options.filter is not None
    assert expand.options.filter.text == "sha1 eq 'a;b)'"
    assert (expand.options.top, expand.options.skip, expand.options.count) == (2, 1, True)


def test_an_error_inside_an_expand_is_placed_in_the_whole_text(alert: EntityModel) -> None:
    with pytest.raises(UnknownProperty) as refused:
        parse_options([("$expand", "evidence($top=1;$filter=sha2 eq 'x')")], alert)

    assert refused.value.excerpt == "evidence($top=1;$filter=sha2 eq 'x')\n" + " " * 24 + "^^^^"


@pytest.mark.parametrize("option", ["$search", "$apply", "$compute"])
def test_options_the_service_does_not_offer_are_refused(alert: EntityModel, option: str) -> None:
    with pytest.raises(UnsupportedOption) as refused:
        parse_options([(option, "x")], alert)

    assert refused.value.message.startswith(f"{option} is not offered by the service")
    assert "$filter" in refused.value.allowed


def test_a_misspelt_option_is_refused_with_the_nearest(alert: EntityModel) -> None:
    with pytest.raises(UnsupportedOption) as refused:
        parse_options([("$stop", "5")], alert)

    assert refused.value.nearest[0] == "$top"


def test_names_without_a_dollar_are_the_operations_own(alert: EntityModel) -> None:
    assert parse_options([("pageSize", "5"), ("sasValidHours", "2")], alert).custom == (
        ("pageSize", "5"),
        ("sasValidHours", "2"),
    )


@pytest.mark.parametrize(
    ("option", "value", "kind"),
    [
        ("$top", "-1", ODataSyntaxError),
        ("$top", "ten", ODataSyntaxError),
        ("$top", "99999999999", ODataSyntaxError),
        ("$top", "10001", ODataError),
        ("$skip", "1.5", ODataSyntaxError),
        ("$count", "yes", ODataSyntaxError),
        ("$format", "atom", UnsupportedOption),
        ("$select", "id,", ODataSyntaxError),
        ("$select", "nonsense", UnknownProperty),
        ("$select", "id/length", TypeMismatch),
        ("$orderby", "", ODataSyntaxError),
        ("$orderby", "nonsense desc", UnknownProperty),
        ("$orderby", "id up", ODataSyntaxError),
        ("$orderby", "relatedUser", TypeMismatch),
        ("$orderby", "mitreTechniques", TypeMismatch),
        ("$expand", "machine", UnsupportedOption),
        ("$expand", "evidence,evidence", ODataSyntaxError),
        ("$expand", "evidence($top=1", ODataSyntaxError),
        ("$expand", "evidence($search=x)", UnsupportedOption),
        ("$expand", "evidence(top)", ODataSyntaxError),
        ("$filter", "title eq 'x'", NotFilterable),
    ],
)
def test_bad_values_name_their_option(alert: EntityModel, option: str, value: str, kind: type[ODataError]) -> None:
    with pytest.raises(kind) as refused:
        parse_options([(option, value)], alert, max_top=10_000)

    assert option in str(refused.value) or option == "$expand"
    assert refused.value.option is not None


def test_an_option_given_twice_is_refused(alert: EntityModel) -> None:
    with pytest.raises(ODataSyntaxError, match=r"\$top was given more than once"):
        parse_options([("$top", "5"), ("$TOP", "6")], alert)


def test_properties_that_cannot_be_filtered_can_be_ordered_by_and_selected(alert: EntityModel) -> None:
    options = parse_options([("$orderby", "title"), ("$select", "title")], alert)

    assert options.orderby[0].text == "title"
    assert options.select == ("title",)


def test_picking_keeps_the_selected_part_and_the_annotations(alert: EntityModel) -> None:
    entity = {
        "@odata.etag": "1",
        "id": "a",
        "severity": "High",
        "relatedUser": {"userName": "u", "domainName": "d"},
        "evidence": [{"sha1": "1", "entityType": "File"}],
    }
    options = parse_options([("$select", "relatedUser/userName,id,evidence/sha1")], alert)

    assert options.pick(entity) == {
        "@odata.etag": "1",
        "id": "a",
        "relatedUser": {"userName": "u"},
        "evidence": [{"sha1": "1"}],
    }
    assert Options().pick(entity) is entity
