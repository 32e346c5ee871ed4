"""Listings give every row, however the service cuts them into pages."""

from __future__ import annotations

from urllib.parse import parse_qs

import httpx2
import pytest

from tests.spec.sdk.conftest import BASE, Service
from vedette import NoAnswer


def rows(first: int, count: int) -> list[dict[str, str]]:
    return [{"id": str(n)} for n in range(first, first + count)]


def page(first: int, count: int, link: str | None = None) -> httpx2.Response:
    body: dict[str, object] = {"value": rows(first, count)}
    if link is not None:
        body["@odata.nextLink"] = link
    return httpx2.Response(200, json=body)


def by_skip(total: int) -> Service:
    """A service that never gives links and at most 10,000 rows."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        query = parse_qs(request.url.query.decode())
        skip, top = int(query.get("$skip", ["0"])[0]), min(10_000, int(query.get("$top", ["10000"])[0]))
        return page(skip, max(0, min(top, total - skip)))

    return Service(answer=answer)


def test_next_links_are_followed_exactly_as_given(service: Service) -> None:
    link = f"{BASE}/api/alerts?$filter=severity+eq+'High'&$skiptoken=a%2Bb%3d"
    service.answers(page(0, 2, link), page(2, 1))

    ids = [alert.id for alert in service.client().alerts.list(filter="severity eq 'High'")]

    assert ids == ["0", "1", "2"]
    assert service.urls[1] == link


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/api/alerts?$skip=2",
        "https://api.test:8443/api/alerts",
        "http://api.test/api/alerts",
        "https://api.test.evil.test/api/alerts",
        "https://user@api.test/api/alerts",
        "/api/alerts?$skip=2",
        "https://[/",
    ],
)
def test_a_next_link_to_another_origin_is_refused(service: Service, link: str) -> None:
    service.answers(page(0, 2, link))

    with pytest.raises(NoAnswer, match="another host"):
        list(service.client().alerts.list())

    assert len(service.requests) == 1


def test_a_list_that_silently_stops_at_10000_rows_is_continued() -> None:
    service = by_skip(20_500)

    assert sum(1 for _ in service.client().machines.list(filter="healthStatus eq 'Active'")) == 20_500
    assert service.urls == [
        f"{BASE}/api/machines?$filter=healthStatus%20eq%20'Active'",
        f"{BASE}/api/machines?$filter=healthStatus%20eq%20'Active'&$skip=10000",
        f"{BASE}/api/machines?$filter=healthStatus%20eq%20'Active'&$skip=20000",
    ]


def test_exactly_one_full_page_costs_one_empty_page() -> None:
    service = by_skip(10_000)

    assert sum(1 for _ in service.client().machines.list()) == 10_000
    assert len(service.requests) == 2


def test_top_is_at_most_how_many_rows_come_also_beyond_one_page() -> None:
    service = by_skip(30_000)

    ids = [machine.id for machine in service.client().machines.list(top=12_000, skip=7)]

    assert (len(ids), ids[0], ids[-1]) == (12_000, "7", "12006")
    assert service.urls == [
        f"{BASE}/api/machines?$top=10000&$skip=7",
        f"{BASE}/api/machines?$top=2000&$skip=10007",
    ]


def test_top_ends_a_listing_even_where_the_service_offers_more(service: Service) -> None:
    service.answers(page(0, 3, f"{BASE}/api/alerts?$skip=3"))

    assert [alert.id for alert in service.client().alerts.list(top=2)] == ["0", "1"]


def test_a_listing_asks_only_for_the_pages_that_are_read(service: Service) -> None:
    service.answers(page(0, 3, f"{BASE}/api/alerts?$skip=3"))

    assert [alert.id for alert in service.client().alerts.list().take(2)] == ["0", "1"]


def test_iterating_again_asks_again() -> None:
    service = by_skip(10_001)
    listing = service.client().machines.list()

    assert [sum(1 for _ in listing), sum(1 for _ in listing)] == [10_001, 10_001]


def test_listings_that_know_no_skip_end_without_a_link(service: Service) -> None:
    service.answers(page(0, 10_000))

    assert sum(1 for _ in service.client().machines.list_alerts("m")) == 10_000
