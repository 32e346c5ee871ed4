"""Clouds: where requests go, what tokens are for, and where to sign in."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from vedette.catalogue.clouds import (
    CLOUDS,
    REGIONS,
    SIGN_IN_INSTANCES,
    TRANSITION_PORTAL,
    UnknownCloud,
    api_base,
    api_hosts,
    cloud,
    graph_hosts,
    identity_hosts,
    portal_hosts,
    xdr_hosts,
)
from vedette.catalogue.permission import DEFENDER, GRAPH, XDR, resource_by_identifier


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    folder = os.environ.get("VEDETTE_FACTS")
    if not folder:
        pytest.skip("VEDETTE_FACTS names no folder with the documented facts")
    return json.loads((Path(folder) / "clouds.json").read_text("utf-8"))


def test_the_clouds_are_the_documented_ones(facts: dict[str, Any]) -> None:
    assert len(CLOUDS) == len(facts["clouds"])
    for row in facts["clouds"]:
        ours = cloud(row["id"])
        assert ours.api_hosts == tuple(row["api_hosts"])
        assert ours.authority == row["login_authority"]
        assert ours.resource_id == row["resource_id"]
        assert ours.default_scope == row["default_scope"]
        assert ours.portal == row["portal_host"]
        assert ours.token_endpoint("{tenant}", version=1) == row["token_endpoint_v1"]
        assert ours.token_endpoint("{tenant}", version=2) == row["token_endpoint_v2"]


def test_the_regions_are_the_documented_ones(facts: dict[str, Any]) -> None:
    documented = {row["id"]: (row["api_host"], row["older_host"]) for row in facts["commercial_regions"]}

    assert {region.name: (region.api_host, region.older_host) for region in REGIONS.values()} == documented
    assert facts["gcc_transition_portal"] == TRANSITION_PORTAL


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("commercial", "https://api.security.microsoft.com"),
        ("gcc", "https://api-gcc.securitycenter.microsoft.us"),
        ("gcc-high", "https://api-gov.securitycenter.microsoft.us"),
        ("dod", "https://api-gov.securitycenter.microsoft.us"),
    ],
)
def test_requests_go_to_the_documented_base(name: str, base: str) -> None:
    assert api_base(name) == base


def test_commercial_tokens_are_for_another_name_than_the_base_host() -> None:
    assert cloud("commercial").resource_id == "https://api.securitycenter.microsoft.com"


def test_a_region_has_its_own_host() -> None:
    assert api_base("commercial", "eu") == "https://eu.api.security.microsoft.com"


@pytest.mark.parametrize("name", ["gcc-high", "gcc_high", "GCC High", " Gcc-High "])
def test_a_cloud_is_found_however_its_name_is_spelled(name: str) -> None:
    assert cloud(name) is CLOUDS["gcc-high"]


def test_an_unknown_cloud_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownCloud) as refused:
        cloud("comercial")

    assert str(refused.value) == (
        "there is no cloud 'comercial'; did you mean commercial? known: commercial, gcc, gcc-high, dod"
    )


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(UnknownCloud, match="there is no region 'mars'; known: us, eu, uk, au, swa, ina"):
        api_base("commercial", "mars")


def test_only_the_commercial_cloud_has_regions() -> None:
    with pytest.raises(UnknownCloud, match="US Government DoD has no regional hosts"):
        api_base("dod", "us")


@pytest.mark.parametrize("name", CLOUDS)
def test_every_audience_is_an_identifier_of_its_resource(name: str) -> None:
    assert resource_by_identifier(cloud(name).resource_id) is DEFENDER
    assert resource_by_identifier(cloud(name).graph) is GRAPH
    assert resource_by_identifier(cloud(name).xdr_base) is XDR


def test_addresses_are_origins() -> None:
    origins = [
        o for c in CLOUDS.values() for o in (*c.api_hosts, c.authority, c.resource_id, c.xdr_base, c.portal, c.graph)
    ]

    for origin in origins:
        parts = urlsplit(origin)
        assert (parts.scheme, parts.path, parts.query) == ("https", "", "")
        assert f"https://{parts.netloc}" == origin


def test_the_hosts_to_answer_for_are_disjoint_and_complete() -> None:
    groups = [identity_hosts(), graph_hosts(), api_hosts() | xdr_hosts(), portal_hosts()]

    assert sum(map(len, groups)) == len(frozenset().union(*groups))
    assert {"login.microsoftonline.com", "login.windows.net", "sts.windows.net"} <= identity_hosts()
    assert {
        "api.security.microsoft.com",
        "eu.api.security.microsoft.com",
        "api-eu.securitycenter.microsoft.com",
    } <= api_hosts()
    assert xdr_hosts() == {
        "api.security.microsoft.com",
        *(f"{code}.api.security.microsoft.com" for code in REGIONS),
        *(f"api-{code}.security.microsoft.com" for code in ("us", "eu", "uk")),
        "api-gcc.security.microsoft.us",
        "api-gov.security.microsoft.us",
    }
    assert graph_hosts() == {"graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us"}


def test_every_authority_is_a_name_that_instance_discovery_knows() -> None:
    preferred = {instance.preferred_network for instance in SIGN_IN_INSTANCES}

    assert {urlsplit(c.authority).hostname for c in CLOUDS.values()} <= preferred
    for instance in SIGN_IN_INSTANCES:
        assert {instance.preferred_network, instance.preferred_cache} <= set(instance.aliases)
