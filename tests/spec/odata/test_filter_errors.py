"""A filter that cannot be answered says what is wrong, where, and what would be accepted."""

from __future__ import annotations

import pytest

from vedette.odata import (
    EntityModel,
    NotFilterable,
    ODataError,
    ODataSyntaxError,
    TypeMismatch,
    UnknownMember,
    UnknownProperty,
    UnsupportedOption,
    bind_filter,
)


def refused(text: str, model: EntityModel) -> ODataError:
    with pytest.raises(ODataError) as caught:
        bind_filter(text, model)
    return caught.value


def test_an_unknown_property_is_named_with_the_nearest_and_all_that_exist(alert: EntityModel) -> None:
    error = refused("status eq 'New' and severty eq 'High'", alert)

    assert isinstance(error, UnknownProperty)
    assert "'severty'" in error.message
    assert error.nearest == ("severity",)
    assert error.allowed == alert.property_names
    assert all(name in error.message for name in error.allowed)
    assert (error.position, error.length) == (20, 7)
    assert error.excerpt == "status eq 'New' and severty eq 'High'\n                    ^^^^^^^"


def test_an_unknown_property_inside_a_complex_one_is_placed_there(alert: EntityModel) -> None:
    error = refused("relatedUser/nme eq 'a'", alert)

    assert isinstance(error, UnknownProperty)
    assert (error.position, error.length) == (12, 3)
    assert error.allowed == ("userName", "domainName")


def test_a_property_that_cannot_be_filtered_lists_those_that_can(alert: EntityModel) -> None:
    error = refused("title eq 'x'", alert)

    assert isinstance(error, NotFilterable)
    assert "'title'" in error.message
    assert "title" not in error.allowed
    assert error.allowed == alert.filterable_names
    assert "alertCreationTime" in error.message


@pytest.mark.parametrize("text", ["severity eq 'high'", "severity in ('Low','high')", "'high' eq severity"])
def test_an_unknown_enum_member_lists_the_members_whose_case_matters(alert: EntityModel, text: str) -> None:
    error = refused(text, alert)

    assert isinstance(error, UnknownMember)
    assert error.allowed == ("UnSpecified", "Informational", "Low", "Medium", "High")
    assert error.nearest == ("High",)
    assert text[error.position or 0 :].startswith("'high'")


def test_the_namespaced_form_of_an_enum_literal_is_accepted_for_its_own_type_only(alert: EntityModel) -> None:
    plain = bind_filter("severity eq 'High'", alert)

    assert bind_filter("severity eq microsoft.windowsDefenderATP.api.AlertSeverity'High'", alert) == plain
    assert isinstance(refused("severity eq microsoft.windowsDefenderATP.api.AlertStatus'New'", alert), TypeMismatch)


@pytest.mark.parametrize(
    ("text", "position", "excerpt"),
    [
        ("incidentId eq '5'", 0, "incidentId eq '5'\n^^^^^^^^^^^^^^^^^"),
        ("status eq 'New' and assignedTo eq 5", 20, "status eq 'New' and assignedTo eq 5\n" + " " * 20 + "^" * 15),
        ("alertCreationTime gt 5", 0, "alertCreationTime gt 5\n" + "^" * 22),
        ("alertCreationTime gt 'soon'", 21, "alertCreationTime gt 'soon'\n" + " " * 21 + "^" * 6),
        ("incidentId in (1,'2')", 17, "incidentId in (1,'2')\n" + " " * 17 + "^^^"),
        ("assignedTo eq 80fe8ff8-2624-418e-9591-41f0491218f9", 0, None),
        ("severity gt 'Low'", 0, None),
        ("relatedUser eq 'x'", 0, None),
        ("mitreTechniques eq 'T1059'", 0, None),
        ("contains(mitreTechniques,'T1059')", 9, None),
        ("contains(incidentId,'5')", 9, None),
        ("contains(severity,'i')", 9, None),
        ("length('a','b') eq 1", 0, None),
        ("incidentId", 0, None),
        ("assignedTo and true", 0, None),
        ("incidentId add 'x' eq 1", 15, None),
        ("incidentId div 0 eq 1", 15, None),
        ("substring(assignedTo,-1) eq 'x'", 21, None),
        ("assignedTo/any(a: a eq 'x')", 0, None),
        ("evidence/any(e: e eq 'x')", 16, None),
        ("mitreTechniques/any(t: t/name eq 'x')", 23, None),
        ("evidence/sha1 eq 'x'", 0, None),
        ("alertCreationTime add duration'P1D' gt now()", 0, None),
    ],
)
def test_types_that_do_not_fit_are_refused_with_their_place(
    alert: EntityModel, text: str, position: int, excerpt: str | None
) -> None:
    error = refused(text, alert)

    assert isinstance(error, TypeMismatch)
    assert error.position == position
    if excerpt is not None:
        assert error.excerpt == excerpt


def test_not_before_a_comparison_says_how_to_write_it(alert: EntityModel) -> None:
    error = refused("not severity eq 'High'", alert)

    assert isinstance(error, TypeMismatch)
    assert "not (… eq …)" in error.message


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 3),
        ("severity eq", 11),
        ("severity eq 'High", 12),
        ('severity eq "High"', 12),
        ("severity 'High'", 9),
        ("severity eq 'High' status eq 'New'", 19),
        ("(severity eq 'High'", 19),
        ("severity eq 'High')", 18),
        ("severity == 'High'", 9),
        ("severity in 'High'", 12),
        ("severity in ()", 13),
        ("severity in ('High' 'Low')", 20),
        ("severity in (status)", 13),
        ("incidentId eq 5x", 14),
        ("incidentId eq 9223372036854775808", 14),
        ("alertCreationTime gt 2020-13-01", 21),
        ("alertCreationTime gt 2020-02-30T00:00:00Z", 21),
        ("alertCreationTime gt 2020-02-20T25:00:00Z", 21),
        ("alertCreationTime gt 2020-02-20T00:00:00.12345678Z", 21),
        ("alertCreationTime gt datetime'2020-02-20T00:00:00Z'", 21),
        ("mitreTechniques/any(t eq 'x')", 22),
        ("mitreTechniques/all()", 20),
        ("mitreTechniques/some(t: t eq 'x')", 16),
        ("relatedUser/", 12),
        ("contains(assignedTo,'x'", 23),
        ("assignedTo eq 'a\0'", 16),
        ("assignedTo eq '\ud800'", 15),
    ],
)
def test_text_outside_the_grammar_is_placed(alert: EntityModel, text: str, position: int) -> None:
    error = refused(text, alert)

    assert isinstance(error, ODataSyntaxError)
    assert error.position == position


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("foo(assignedTo) eq 'x'", "'foo'"),
        ("startwith(assignedTo,'x')", "startswith"),
        ("severity has 'High'", "'has'"),
        ("cast(assignedTo,'x') eq 'x'", "'cast'"),
    ],
)
def test_what_is_not_offered_is_refused_by_name(alert: EntityModel, text: str, named: str) -> None:
    error = refused(text, alert)

    assert isinstance(error, UnsupportedOption)
    assert named in error.message


def test_long_text_is_shown_around_the_fault_only(alert: EntityModel) -> None:
    text = " and ".join(["status eq 'New'"] * 40) + " and oops eq 1"

    shown, carets = refused(text, alert).excerpt.split("\n")

    assert shown.startswith("…")
    assert shown[carets.index("^") :].startswith("oops")
    assert len(shown) < 130
