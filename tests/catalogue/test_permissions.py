"""Permissions, resources and user roles: whole, consistent, and as the documentation has them."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from vedette.catalogue.permission import (
    DEFENDER,
    GRAPH,
    MISPRINTS,
    OIDC_SCOPES,
    RESOURCES,
    USER_ROLES,
    XDR,
    Resource,
    resource_by_identifier,
    user_role,
)

each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS names no folder with the documented facts")
    return json.loads((Path(folder) / "permissions.json").read_text("utf-8"))


def test_every_documented_permission_is_published_with_its_id(facts: dict[str, Any]) -> None:
    documented = {(p["value"], p["kind"], p["id"]) for p in facts["permissions"]}

    assert {(p.value, p.kind, p.id) for p in DEFENDER.permissions} == documented


def test_defender_is_the_documented_resource(facts: dict[str, Any]) -> None:
    resource = facts["resource"]

    assert (DEFENDER.name, DEFENDER.app_id) == (resource["name"], resource["app_id"])
    documented = {row["uri"] for row in resource["identifier_uris"]}
    assert set(DEFENDER.identifier_uris) == documented | {f"{uri}/" for uri in documented}


def test_the_audience_that_is_not_defenders_belongs_to_the_documented_resource(facts: dict[str, Any]) -> None:
    for row in facts["resource"]["not_an_identifier_of_this_resource"]:
        named = resource_by_identifier(row["uri"])
        assert named is not None
        assert (named.name, named.app_id) == (row["belongs_to"], row["app_id"])


def test_user_roles_are_the_documented_ones(facts: dict[str, Any]) -> None:
    ours = {(role.name, role.parts, role.aliases) for role in USER_ROLES.values()}

    assert ours == {(row["name"], tuple(row["parts"]), tuple(row["aliases"])) for row in facts["user_roles"]}


def test_every_documented_misprint_of_a_name_is_known(facts: dict[str, Any]) -> None:
    printed = {
        name for row in facts["misprints"] if " as " not in row["printed"] for name in row["printed"].split(", ")
    }

    assert set(MISPRINTS) == printed


@each_resource
def test_ids_are_guids_and_name_one_permission_of_a_kind(resource: Resource) -> None:
    named = [(p.id, p.kind) for p in resource.permissions]

    assert len(set(named)) == len(named)
    assert all(str(UUID(p.id)) == p.id for p in resource.permissions)
    assert len(resource.scopes) + len(resource.roles) == len(resource.permissions)


@each_resource
def test_every_permission_says_what_it_allows(resource: Resource) -> None:
    for permission in resource.permissions:
        assert permission.admin_description.endswith(".")
        assert bool(permission.user_description) == (permission.kind == "delegated")


@each_resource
def test_a_resource_is_found_by_each_identifier_and_by_its_app_id(resource: Resource) -> None:
    for identifier in (*resource.identifier_uris, resource.app_id, resource.app_id.upper()):
        assert resource_by_identifier(identifier) is resource


@pytest.mark.parametrize(
    "identifier",
    [
        "https://API.securitycenter.microsoft.com",
        "https://api.securitycenter.microsoft.com//",
        "https://api.securitycenter.microsoft.com.evil.example",
        "api.securitycenter.microsoft.com",
        "",
    ],
)
def test_identifiers_compare_exactly(identifier: str) -> None:
    assert resource_by_identifier(identifier) is None


def test_the_base_host_as_an_audience_names_the_xdr_resource() -> None:
    assert resource_by_identifier("https://api.security.microsoft.com") is XDR
    assert DEFENDER.audience == "https://api.securitycenter.microsoft.com"


def test_a_value_that_both_kinds_share_has_a_row_of_each_kind() -> None:
    scope, role = (
        DEFENDER.permission("Machine.Isolate", "delegated"),
        DEFENDER.permission("Machine.Isolate", "application"),
    )

    assert (scope.kind, scope.id) == ("delegated", "479231ef-3b86-4933-ae6b-1fa84bba9e31")
    assert (role.kind, role.id) == ("application", "7e4e1300-e1b9-4102-88ba-f0cb6e6d5974")


def test_a_permission_is_found_by_id() -> None:
    shared = "7c6f6912-60e9-4fcd-bb2a-c25bc35e8c59"  # IntegrationConfiguration.ReadWrite has one id for both kinds

    assert DEFENDER.permission_by_id("B2069DC0-9FE9-4E6D-9ACA-CCF3DD503819") == DEFENDER.scopes["Alert.Read"]
    assert DEFENDER.permission_by_id(shared, "application") == DEFENDER.roles["IntegrationConfiguration.ReadWrite"]
    assert DEFENDER.permission_by_id(shared, "delegated") == DEFENDER.scopes["IntegrationConfiguration.ReadWrite"]
    assert DEFENDER.permission_by_id("00000000-0000-0000-0000-000000000000") is None


def test_a_misprint_is_refused_with_the_published_name() -> None:
    with pytest.raises(KeyError, match=r"misprint of Alert\.ReadWrite\.All"):
        DEFENDER.permission("Alerts.ReadWrite.All", "application")


def test_a_scope_is_not_a_role() -> None:
    with pytest.raises(KeyError, match=r"no application permission Alert\.Read"):
        DEFENDER.permission("Alert.Read", "application")


def test_whether_an_administrator_must_consent_is_not_claimed_for_defender_scopes() -> None:
    assert {scope.needs_admin for scope in DEFENDER.scopes.values()} == {None}
    assert {role.needs_admin for role in DEFENDER.roles.values()} == {True}


def test_graph_publishes_the_sign_in_scopes() -> None:
    assert set(GRAPH.scopes) >= OIDC_SCOPES


@pytest.mark.parametrize("name", ["Manage security settings", "ManageSecurity", "managesecurity"])
def test_a_user_role_is_found_by_its_names(name: str) -> None:
    assert user_role(name) is USER_ROLES["Manage security settings"]


def test_an_unknown_user_role_is_not_found() -> None:
    assert user_role("Manage everything") is None
