"""Indicators: kept by value and kind, checked, imported one by one, hidden when they expire, reached by who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.api.conftest import APP, NOW, Api

ALL = ("Ti.ReadWrite.All",)
OWN = ("Ti.ReadWrite",)
SHA1, SHA256, MD5 = "e" * 40, "5" * 64, "7" * 32


def indicator(**changes: object) -> dict[str, object]:
    """What the documentation requires, for a hash."""
    usual: dict[str, object] = {
        "indicatorValue": SHA1,
        "indicatorType": "FileSha1",
        "action": "Block",
        "title": "Seen in INC-42",
        "description": "A loader.",
    }
    return {**usual, **changes}


def submit(api: Api, *, roles: tuple[str, ...] = ALL, token: str | None = None, **changes: object) -> Any:  # a response
    return api.call("POST", "/api/indicators", roles=roles, token=token, json=indicator(**changes))


def listed(api: Api, query: str = "", *, roles: tuple[str, ...] = ALL, token: str | None = None) -> list[str]:
    rows = api.call("GET", f"/api/indicators{query}", roles=roles, token=token).json()["value"]
    return [row["indicatorValue"] for row in rows]


def test_a_submitted_indicator_is_listed_and_fetched(api: Api) -> None:
    answer = submit(
        api,
        severity="High",
        generateAlert=True,
        application="loader.exe",
        recommendedActions="Isolate",
        externalId="INC-42",
        expirationTime="2026-12-24T00:00:00Z",
    )

    assert answer.status_code == 200
    made = answer.json()
    assert made.pop("@odata.context") == "https://tenant.test/api/$metadata#Indicators/$entity"
    assert made["id"].isdecimal()
    assert (made["indicatorValue"], made["indicatorType"], made["action"]) == (SHA1, "FileSha1", "Block")
    assert (made["severity"], made["generateAlert"], made["application"]) == ("High", True, "loader.exe")
    assert (made["createdBy"], made["createdByDisplayName"]) == (APP, "soc-automation")
    assert made["createdBySource"] == "PublicApi"
    assert made["creationTimeDateTimeUtc"] == made["lastUpdateTime"] == "2026-11-22T12:00:00Z"
    assert (made["rbacGroupNames"], made["rbacGroupIds"]) == ([], [])
    rows = api.get("/api/indicators", *ALL).json()
    assert rows["@odata.context"] == "https://tenant.test/api/$metadata#Indicators"
    assert rows["value"] == [made]
    assert api.get(f"/api/indicators/{made['id']}", *ALL).json()["title"] == "Seen in INC-42"


def test_the_same_value_and_kind_again_updates(api: Api) -> None:
    first = submit(api, application="loader.exe", severity="High").json()
    api.clock.advance(timedelta(hours=1))

    answer = submit(api, indicatorValue=SHA1.upper(), action="Allowed", title="Ours", application="other.exe")

    assert answer.status_code == 200
    again = answer.json()
    assert (again["id"], again["action"], again["title"]) == (first["id"], "Allowed", "Ours")
    assert (again["application"], again["severity"]) == ("loader.exe", "High")
    assert again["creationTimeDateTimeUtc"] == "2026-11-22T12:00:00Z"
    assert again["lastUpdateTime"] == "2026-11-22T13:00:00Z"
    assert len(listed(api)) == 1
    other_kind = submit(api, indicatorValue=SHA256, indicatorType="FileSha256").json()
    assert other_kind["id"] != first["id"]


@pytest.mark.parametrize(
    ("kind", "value", "code", "message"),
    [
        ("FileSha1", "e" * 39, "InvalidHashValue", f"Hash value {'e' * 39} is invalid"),
        ("FileSha1", SHA256, "InvalidHashValue", f"Hash value {SHA256} is invalid"),
        ("FileSha256", SHA1, "InvalidHashValue", f"Hash value {SHA1} is invalid"),
        ("FileMd5", "g" * 32, "InvalidHashValue", f"Hash value {'g' * 32} is invalid"),
        ("CertificateThumbprint", "ab", "InvalidHashValue", "Hash value ab is invalid"),
        ("IpAddress", "203.0.113.0/24", "InvalidIpAddress", "IP address 203.0.113.0/24 is invalid"),
        ("IpAddress", "203.0.113.300", "InvalidIpAddress", "IP address 203.0.113.300 is invalid"),
        ("DomainName", "not a domain", "InvalidDomainName", "Domain name not a domain is invalid"),
        ("DomainName", "https://cdn.files.example", "InvalidDomainName", None),
        ("DomainName", "203.0.113.9", "InvalidDomainName", "Domain name 203.0.113.9 is invalid"),
        ("DomainName", "localhost", "InvalidDomainName", "Domain name localhost is invalid"),
        ("Url", "ftp://cdn.files.example/x", "InvalidUrl", "URL ftp://cdn.files.example/x is invalid"),
        ("Url", "https://", "InvalidUrl", "URL https:// is invalid"),
    ],
)
def test_a_value_that_is_none_of_its_kind_is_refused(
    api: Api, kind: str, value: str, code: str, message: str | None
) -> None:
    answer = submit(api, indicatorType=kind, indicatorValue=value)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert message is None or answer.json()["error"]["message"] == message
    assert listed(api) == []


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("FileSha1", SHA1.upper(), SHA1),
        ("FileSha256", SHA256, SHA256),
        ("FileMd5", MD5, MD5),
        ("CertificateThumbprint", "9" * 40, "9" * 40),
        ("IpAddress", "203.0.113.9", "203.0.113.9"),
        ("IpAddress", "2001:DB8:0::1", "2001:db8::1"),
        ("DomainName", "CDN.Files.Example", "cdn.files.example"),
        ("Url", "https://cdn.files.example:8443/A/b.ps1?x=1", "https://cdn.files.example:8443/A/b.ps1?x=1"),
        ("Url", "cdn.files.example/a", "cdn.files.example/a"),
        ("Url", "http://203.0.113.9/k", "http://203.0.113.9/k"),
    ],
)
def test_values_of_every_kind_are_taken(api: Api, kind: str, value: str, kept: str) -> None:
    assert submit(api, indicatorType=kind, indicatorValue=value).json()["indicatorValue"] == kept
    assert listed(api, f"?$filter=indicatorType eq '{kind}'") == [kept]


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "Audit"},
        {"action": "Audit", "generateAlert": False},
        {"action": "BlockAndRemediate", "indicatorType": "IpAddress", "indicatorValue": "203.0.113.9"},
        {"action": "BlockAndRemediate", "indicatorType": "DomainName", "indicatorValue": "cdn.files.example"},
        {"action": "BlockAndRemediate", "indicatorType": "Url", "indicatorValue": "https://cdn.files.example/"},
        {"action": "Quarantine"},
        {"indicatorType": "WebCategory"},
        {"severity": "Critical"},
        {"title": " "},
        {"description": ""},
        {"expirationTime": "2026-11-22T11:59:59Z"},
        {"rbacGroupNames": ["Workstations", "Nowhere"]},
    ],
)
def test_what_does_not_go_together_is_refused(api: Api, changes: dict[str, Any]) -> None:
    answer = submit(api, **changes)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidInput")
    assert listed(api) == []


def test_audit_is_taken_with_an_alert(api: Api) -> None:
    assert submit(api, action="Audit", generateAlert=True).status_code == 200


def test_a_body_without_a_title_or_with_names_in_pascal_case_is_refused(api: Api) -> None:
    body = indicator()
    del body["title"]
    missing = api.call("POST", "/api/indicators", roles=ALL, json=body)
    assert missing.json()["error"]["message"] == "Parameter title is missing"

    pascal = {name[:1].upper() + name[1:]: value for name, value in indicator().items()}
    assert api.call("POST", "/api/indicators", roles=ALL, json=pascal).status_code == 400


@pytest.mark.parametrize("names", [["Workstations", "Servers"], "Workstations,Servers", "Workstations, Servers"])
def test_device_groups_come_as_a_list_or_as_text_with_commas(api: Api, names: object) -> None:
    made = submit(api, rbacGroupNames=names).json()

    assert (made["rbacGroupNames"], made["rbacGroupIds"]) == (["Workstations", "Servers"], [1, 2])
    imported = api.call(
        "POST", "/api/indicators/import", roles=ALL, json={"Indicators": [indicator(rbacGroupNames=names)]}
    )
    assert imported.json()["value"][0]["isFailed"] is False


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (f"indicatorValue eq '{SHA1.upper()}'", [SHA1]),
        ("indicatorType eq 'IpAddress'", ["203.0.113.9"]),
        ("action eq 'Block' and severity eq 'High'", [SHA1]),
        ("createdBy eq '22222222-2222-4222-8222-222222222222'", [SHA1, "203.0.113.9"]),
        ("creationTimeDateTimeUtc ge 2026-11-22T12:00:00Z", [SHA1, "203.0.113.9"]),
        ("expirationTime lt 2027-01-01", ["203.0.113.9"]),
        ("rbacGroupNames/any(name: name eq 'Servers')", ["203.0.113.9"]),
        ("generateAlert eq true", ["203.0.113.9"]),
        ("startswith(title,'Seen')", [SHA1]),
    ],
)
def test_documented_filters_select(api: Api, filter: str, expected: list[str]) -> None:
    submit(api, severity="High")
    submit(
        api,
        indicatorValue="203.0.113.9",
        indicatorType="IpAddress",
        action="Warn",
        title="C2",
        generateAlert=True,
        expirationTime="2026-12-24T00:00:00Z",
        rbacGroupNames=["Servers"],
    )

    assert listed(api, f"?$filter={filter}") == expected


def test_lists_are_paged_and_counted(api: Api) -> None:
    for number in range(3):
        submit(api, indicatorType="IpAddress", indicatorValue=f"203.0.113.{number}")

    assert listed(api, "?$top=2") == ["203.0.113.0", "203.0.113.1"]
    assert listed(api, "?$skip=2") == ["203.0.113.2"]
    assert api.get("/api/indicators/$count", *ALL).text == "3"
    assert api.get("/api/indicators?$count=true", *ALL).json()["@odata.count"] == 3


def test_an_expired_indicator_is_gone_and_makes_room_for_a_new_one(api: Api) -> None:
    first = submit(api, expirationTime=(NOW + timedelta(minutes=30)).isoformat()).json()
    api.clock.advance(timedelta(minutes=29))
    assert listed(api) == [SHA1]

    api.clock.advance(timedelta(minutes=1))

    assert listed(api) == []
    assert api.get(f"/api/indicators/{first['id']}", *ALL).status_code == 404
    assert submit(api).json()["id"] != first["id"]


def test_an_import_says_of_each_what_became_of_it(api: Api) -> None:
    present = submit(api).json()
    body = {
        "Indicators": [
            indicator(title="Again"),
            indicator(indicatorType="IpAddress", indicatorValue="10.0.0.0/8"),
            indicator(indicatorType="DomainName", indicatorValue="cdn.files.example", action="Warn"),
            indicator(indicatorValue="f" * 40, action="Audit"),
        ]
    }

    answer = api.call("POST", "/api/indicators/import", roles=ALL, json=body)

    assert answer.status_code == 200
    again, cidr, domain, audit = answer.json()["value"]
    assert again == {"id": present["id"], "indicator": SHA1, "isFailed": False, "failureReason": None}
    assert cidr == {
        "id": None,
        "indicator": "10.0.0.0/8",
        "isFailed": True,
        "failureReason": "InvalidIpAddress: IP address 10.0.0.0/8 is invalid",
    }
    assert (domain["isFailed"], audit["isFailed"]) == (False, True)
    assert "generateAlert" in audit["failureReason"]
    assert listed(api) == [SHA1, "cdn.files.example"]
    assert api.get(f"/api/indicators/{present['id']}", *ALL).json()["title"] == "Again"


def test_an_import_takes_500(api: Api) -> None:
    items = [indicator(indicatorValue=f"{number:040x}") for number in range(501)]

    refused = api.call("POST", "/api/indicators/import", roles=ALL, json={"Indicators": items})
    assert refused.json()["error"]["message"] == "Maximum batch size exceeded. Received: 501, allowed: 500"
    assert api.call("POST", "/api/indicators/import", roles=ALL, json={"Indicators": []}).status_code == 400
    assert listed(api) == []

    taken = api.call("POST", "/api/indicators/import", roles=ALL, json={"Indicators": items[:500]}).json()["value"]
    assert [row["isFailed"] for row in taken] == [False] * 500
    assert len(listed(api)) == 500


def test_a_tenant_has_15_000_active_indicators(api: Api) -> None:
    for start in range(0, 15_000, 500):
        items = [indicator(indicatorValue=f"{start + number:040x}") for number in range(500)]
        api.call("POST", "/api/indicators/import", roles=ALL, json={"Indicators": items})
        api.clock.advance(timedelta(seconds=3))
    assert api.get("/api/indicators/$count", *ALL).text == "15000"

    refused = submit(api)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")
    assert "15000" in refused.json()["error"]["message"]
    row = api.call("POST", "/api/indicators/import", roles=ALL, json={"Indicators": [indicator()]}).json()["value"][0]
    assert row["isFailed"] is True
    assert submit(api, indicatorValue=f"{1:040x}", title="An update fits").status_code == 200

    page = api.get("/api/indicators", *ALL).json()
    assert len(page["value"]) == 10_000
    rest = api.get(page["@odata.nextLink"].removeprefix("https://tenant.test"), *ALL).json()
    assert (len(rest["value"]), "@odata.nextLink" in rest) == (5_000, False)


def test_the_thirty_first_import_in_a_minute_waits(api: Api) -> None:
    body = {"Indicators": [indicator()]}
    for _ in range(30):
        assert api.call("POST", "/api/indicators/import", roles=ALL, json=body).status_code == 200

    refused = api.call("POST", "/api/indicators/import", roles=ALL, json=body)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")


def test_a_deleted_indicator_is_gone(api: Api) -> None:
    made = submit(api).json()

    answer = api.call("DELETE", f"/api/indicators/{made['id']}", roles=ALL)

    assert (answer.status_code, answer.content, "content-type" in answer.headers) == (204, b"", False)
    assert listed(api) == []
    again = api.call("DELETE", f"/api/indicators/{made['id']}", roles=ALL)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_many_are_deleted_at_once_or_none(api: Api) -> None:
    ids = [
        submit(api, indicatorType="IpAddress", indicatorValue=f"203.0.113.{number}").json()["id"] for number in range(3)
    ]

    def delete(*wanted: str) -> Any:  # a response
        return api.call("POST", "/api/indicators/BatchDelete", roles=ALL, json={"IndicatorIds": list(wanted)})

    assert delete(ids[0], "999999").json()["error"]["code"] == "ResourceNotFound"
    assert delete(ids[0], "no-number").json()["error"]["code"] == "InvalidInput"
    assert delete().json()["error"]["code"] == "InvalidInput"
    assert delete(*["1"] * 501).json()["error"]["code"] == "MaximumBatchSizeExceeded"
    assert len(listed(api)) == 3
    assert delete(ids[0], ids[2]).status_code == 204
    assert listed(api) == ["203.0.113.1"]


def test_many_are_updated_at_once_or_none(api: Api) -> None:
    submit(api)

    def update(*items: dict[str, object]) -> Any:  # a response
        return api.call("POST", "/api/indicators/batchUpdate", roles=ALL, json={"Indicators": list(items)})

    unknown = update(indicator(title="New"), indicator(indicatorValue="f" * 40))
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert api.get("/api/indicators", *ALL).json()["value"][0]["title"] == "Seen in INC-42"
    answer = update(indicator(title="New"))
    assert [row["title"] for row in answer.json()["value"]] == ["New"]
    assert api.get("/api/indicators", *ALL).json()["value"][0]["title"] == "New"


def test_an_app_with_ti_readwrite_reaches_only_what_it_made(api: Api) -> None:
    other = api.token(roles=list(OWN), appid="88888888-8888-4888-8888-888888888888")
    theirs = submit(api, token=other).json()
    submit(api, roles=OWN, indicatorType="IpAddress", indicatorValue="203.0.113.9")

    assert listed(api, roles=OWN) == ["203.0.113.9"]
    assert listed(api, token=other) == [SHA1]
    assert listed(api, roles=ALL) == [SHA1, "203.0.113.9"]
    assert api.get(f"/api/indicators/{theirs['id']}", *OWN).status_code == 404
    assert api.call("DELETE", f"/api/indicators/{theirs['id']}", roles=OWN).status_code == 404
    refused = submit(api, roles=OWN)
    assert refused.status_code == 403
    assert "Ti.ReadWrite.All" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/indicators", None),
        ("GET", "/api/indicators/1", None),
        ("POST", "/api/indicators", indicator()),
        ("POST", "/api/indicators/import", {"Indicators": [indicator()]}),
        ("POST", "/api/indicators/batchUpdate", {"Indicators": [indicator()]}),
        ("DELETE", "/api/indicators/1", None),
        ("POST", "/api/indicators/BatchDelete", {"IndicatorIds": ["1"]}),
    ],
)
def test_the_permission_is_needed_and_for_a_change_the_users_role(
    api: Api, method: str, path: str, body: dict[str, object] | None
) -> None:
    given: dict[str, Any] = {} if body is None else {"json": body}
    refused = api.call(method, path, roles=("Ti.Read.All", "Alert.ReadWrite.All"), **given)
    assert refused.status_code == 403
    assert "Ti.ReadWrite" in refused.json()["error"]["message"]

    investigator = api.call(method, path, token=api.user_token("investigator", "Ti.ReadWrite"), **given)
    assert (investigator.status_code == 403) == (method != "GET")
    if method != "GET":
        assert "Manage security settings" in investigator.json()["error"]["message"]
    responder = api.call(method, path, token=api.user_token("responder", "Ti.ReadWrite"), **given)
    assert responder.status_code in (200, 204, 404)


def test_a_user_makes_indicators_in_their_own_name(api: Api) -> None:
    made = submit(api, token=api.user_token("responder", "Ti.ReadWrite")).json()

    assert (made["createdBy"], made["createdByDisplayName"]) == ("responder@halden.example", "responder")
    assert listed(api, roles=OWN) == []


def test_a_user_of_some_device_groups_keeps_to_them(api: Api) -> None:
    token = api.user_token("server-responder", "Ti.ReadWrite")
    everywhere = submit(api, indicatorType="IpAddress", indicatorValue="203.0.113.1").json()
    elsewhere = submit(
        api, indicatorType="IpAddress", indicatorValue="203.0.113.2", rbacGroupNames=["Workstations"]
    ).json()

    own = submit(api, token=token).json()

    assert (own["rbacGroupNames"], own["rbacGroupIds"]) == (["Servers"], [2])
    assert listed(api, token=token) == ["203.0.113.1", SHA1]
    assert submit(api, token=token, indicatorValue="f" * 40, rbacGroupNames=["Workstations"]).status_code == 400
    assert api.call("DELETE", f"/api/indicators/{elsewhere['id']}", token=token).status_code == 404
    assert api.call("DELETE", f"/api/indicators/{everywhere['id']}", token=token).status_code == 403
    for other in (everywhere["id"], elsewhere["id"]):
        refused = api.call(
            "POST", "/api/indicators/BatchDelete", token=token, json={"IndicatorIds": [own["id"], other]}
        )
        assert refused.status_code == 403
    assert api.call("DELETE", f"/api/indicators/{own['id']}", token=token).status_code == 204


@pytest.mark.parametrize(
    ("action", "determination"),
    [("Block", "Malware"), ("BlockAndRemediate", "Malware"), ("Allowed", "Clean"), ("Warn", "Unknown")],
)
def test_an_active_indicator_decides_over_a_file(api: Api, action: str, determination: str) -> None:
    def state() -> tuple[str, str | None]:
        file = api.get(f"/api/files/{SHA1}", "File.Read.All").json()
        return file["determinationType"], file["determinationValue"]

    assert state() == ("Unknown", None)
    submit(api, action=action, expirationTime=(NOW + timedelta(hours=1)).isoformat())
    assert state() == (determination, None if determination == "Unknown" else "Seen in INC-42")
    api.clock.advance(timedelta(minutes=60))
    assert state() == ("Unknown", None)


def test_files_of_an_alert_show_what_indicators_decide(api: Api) -> None:
    submit(api, indicatorValue="d" * 40, action="Allowed", title="Ours")

    (file,) = api.get("/api/alerts/da1/files", "File.Read.All").json()["value"]
    assert (file["sha1"], file["determinationType"], file["determinationValue"]) == ("d" * 40, "Clean", "Ours")
