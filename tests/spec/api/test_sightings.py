"""What is known of files, addresses, domains and accounts: alerts by their evidence, the rest counted over events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.spec.api.conftest import EVENTS, NOW, SRV, WS1, WS2, Api, alert
from vedette.catalogue.alerts import AlertEvidence
from vedette.telemetry import Lake, LakeWriter

ALERTS = "Alert.Read.All"
MACHINES = "Machine.Read.All"
LOADER, LOADER_256, LOADER_MD5 = "ab" * 20, "cd" * 32, "ef" * 16
CDN = "cdn.files.example"
C2 = "203.0.113.9"


def row(table: str, device: str, ago: timedelta, **columns: object) -> tuple[str, dict[str, object]]:
    return table, {"Timestamp": NOW - ago, "DeviceId": device, "ReportId": 100, **columns}


def loader(table: str, device: str, ago: timedelta, name: str = "loader.exe") -> tuple[str, dict[str, object]]:
    hashes = {"SHA1": LOADER, "SHA256": LOADER_256, "MD5": LOADER_MD5, "FileSize": 4096}
    return row(table, device, ago, FileName=name, **hashes)


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEEN = [
    loader("DeviceFileEvents", WS1, 20 * DAY),
    loader("DeviceFileEvents", WS1, 2 * HOUR),
    loader("DeviceProcessEvents", WS1, HOUR),
    loader("DeviceImageLoadEvents", SRV, 3 * DAY, "Update.DLL"),
    loader("DeviceFileEvents", WS2, 40 * DAY, "old.exe"),
    row(
        "DeviceFileCertificateInfo", WS1, HOUR, SHA1=LOADER, Signer="Halden Works", Issuer="Halden CA",
        SignerHash="99" * 20, IsTrusted=True,
    ),
    row("DeviceNetworkEvents", WS1, 3 * HOUR, RemoteIP=C2, RemoteUrl=CDN),
    row("DeviceNetworkEvents", WS1, 5 * DAY, RemoteIP=C2, RemoteUrl=f"https://{CDN}:8443/a/b.ps1"),
    row("DeviceNetworkEvents", SRV, 6 * DAY, RemoteIP=f"::ffff:{C2}", RemoteUrl="HTTP://CDN.Files.Example/x"),
    row("DeviceNetworkEvents", WS2, 35 * DAY, RemoteIP=C2, RemoteUrl=CDN),
    row("DeviceNetworkEvents", WS2, HOUR, RemoteIP="203.0.113.90", RemoteUrl=f"not-{CDN}"),
    row("DeviceNetworkEvents", WS2, HOUR, RemoteIP="203.0.113.91", RemoteUrl=f"https://other.example/?to={CDN}"),
    row("DeviceEvents", WS2, 7 * HOUR, ActionType="BrowserLaunchedToOpenUrl", RemoteUrl="https://mail.lure.example/"),
    row("DeviceLogonEvents", SRV, HOUR, ActionType="LogonFailed", AccountName="mira", RemoteIP="2001:db8::9"),
    row("DeviceLogonEvents", WS2, -HOUR, ActionType="LogonSuccess", AccountName="mira", AccountDomain="halden"),
    loader("DeviceFileEvents", WS2, -HOUR, "tomorrow.exe"),
]  # fmt: skip
"""The last two are yet to come: telemetry may be written ahead of the tenant's clock."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    folder: Path = tmp_path_factory.mktemp("sightings")
    with LakeWriter(Lake(folder)) as writer:
        writer.add_many([*EVENTS, *SEEN])
    lake = Lake(folder)
    yield lake
    lake.close()


def rows(api: Api, path: str, role: str, *, token: str | None = None) -> list[str]:
    answer = api.call("GET", path, roles=(role,), token=token)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["value"]]


def stats(api: Api, path: str, role: str) -> dict[str, Any]:
    answer = api.get(path, role)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]  # JSON


def wire(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hash", [LOADER, LOADER.upper(), LOADER_256, LOADER_MD5])
def test_a_file_is_found_by_each_of_its_hashes(api: Api, hash: str) -> None:
    file = stats(api, f"/api/files/{hash}", "File.Read.All")

    assert file["@odata.context"] == "https://tenant.test/api/$metadata#Files/$entity"
    assert (file["sha1"], file["sha256"], file["md5"], file["size"]) == (LOADER, LOADER_256, LOADER_MD5, 4096)
    assert (file["fileType"], file["isPeFile"], file["determinationType"]) == ("exe", True, "Unknown")
    assert (file["signer"], file["issuer"], file["isValidCertificate"]) == ("Halden Works", "Halden CA", True)
    assert file["globalPrevalence"] == 3
    assert file["globalFirstObserved"] == wire(NOW - 40 * DAY)
    assert file["globalLastObserved"] == wire(NOW - HOUR)


def test_a_file_that_only_an_alert_names_is_known_by_its_hashes(api: Api) -> None:
    file = stats(api, f"/api/files/{'d' * 40}", "File.Read.All")

    assert (file["sha1"], file["globalPrevalence"], file["size"]) == ("d" * 40, None, None)


def test_a_file_that_nothing_names_is_not_found(api: Api) -> None:
    for path in (f"/api/files/{'0' * 40}", f"/api/files/{'0' * 40}/stats"):
        answer = api.get(path, "File.Read.All")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")
        assert answer.json()["error"]["message"] == f"File {'0' * 40} was not found"
    assert rows(api, f"/api/files/{'0' * 40}/alerts", ALERTS) == []
    assert rows(api, f"/api/files/{'0' * 40}/machines", MACHINES) == []


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/api/files/abc", "File.Read.All"),
        (f"/api/files/{'z' * 40}", "File.Read.All"),
        (f"/api/files/{LOADER_MD5}/stats", "File.Read.All"),
        (f"/api/files/{LOADER_256}/alerts", ALERTS),
        (f"/api/files/{LOADER_256}/machines", MACHINES),
    ],
)
def test_what_is_no_hash_or_not_the_one_that_is_taken_is_refused(api: Api, path: str, role: str) -> None:
    answer = api.get(path, role)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidHashValue")


@pytest.mark.parametrize(
    ("query", "machines", "first", "names"),
    [
        ("", 2, NOW - 20 * DAY, ["loader.exe", "update.dll"]),
        ("?lookBackHours=720", 2, NOW - 20 * DAY, ["loader.exe", "update.dll"]),
        ("?lookBackHours=24", 1, NOW - 2 * HOUR, ["loader.exe"]),
        ("?lookBackHours=1", 1, NOW - HOUR, ["loader.exe"]),
    ],
)
def test_statistics_of_a_file_count_its_machines(
    api: Api, query: str, machines: int, first: datetime, names: list[str]
) -> None:
    for value in (LOADER, LOADER_256):
        answer = stats(api, f"/api/files/{value}/stats{query}", "File.Read.All")

        assert answer == {
            "@odata.context": ("https://tenant.test/api/$metadata#microsoft.windowsDefenderATP.api.InOrgFileStats"),
            "sha1": LOADER,
            "orgPrevalence": str(machines),
            "organizationPrevalence": machines,
            "orgFirstSeen": wire(first),
            "orgLastSeen": wire(NOW - HOUR),
            "globalPrevalence": "3",
            "globallyPrevalence": 3,
            "globalFirstObserved": wire(NOW - 40 * DAY),
            "globalLastObserved": wire(NOW - HOUR),
            "topFileNames": names,
        }


@pytest.mark.parametrize("hours", ["0", "721", "-1", "soon"])
@pytest.mark.parametrize(
    ("path", "role"),
    [
        (f"/api/files/{LOADER}/stats", "File.Read.All"),
        (f"/api/ips/{C2}/stats", "Ip.Read.All"),
        (f"/api/domains/{CDN}/stats", "Url.Read.All"),
    ],
)
def test_statistics_look_back_720_hours_at_most(api: Api, path: str, role: str, hours: str) -> None:
    answer = api.get(f"{path}?lookBackHours={hours}", role)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidInput")


def test_machines_of_a_file_are_those_with_an_event_about_it(api: Api) -> None:
    assert rows(api, f"/api/files/{LOADER}/machines", MACHINES) == [WS1, WS2, SRV]


def test_alerts_of_a_file_are_those_whose_evidence_has_its_hash(api: Api) -> None:
    api.state.defender[next(iter(api.state.defender))].alerts.put(
        alert(4, evidence=[AlertEvidence(entity_type="File", sha1=LOADER.upper())]),
        alert(5, title=f"Names {LOADER} in its title alone"),
    )

    assert rows(api, f"/api/files/{LOADER}/alerts", ALERTS) == ["da4"]
    assert rows(api, f"/api/files/{'d' * 40}/alerts", ALERTS) == ["da1"]
    assert api.get(f"/api/files/{LOADER}/alerts/$count", ALERTS).text == "1"


def test_of_several_indicators_the_one_of_the_longest_hash_decides(api: Api) -> None:
    def determination(kind: str, value: str, action: str) -> str:
        body = {"indicatorType": kind, "indicatorValue": value, "action": action, "title": kind, "description": "x"}
        assert api.call("POST", "/api/indicators", roles=("Ti.ReadWrite.All",), json=body).status_code == 200
        file = stats(api, f"/api/files/{LOADER}", "File.Read.All")
        assert (file["determinationValue"] is None) == (file["determinationType"] == "Unknown")
        return str(file["determinationType"])

    assert determination("CertificateThumbprint", "99" * 20, "Block") == "Malware"
    assert determination("FileMd5", LOADER_MD5, "Allowed") == "Clean"
    assert determination("FileSha1", LOADER, "Block") == "Malware"
    assert determination("FileSha256", LOADER_256, "Allowed") == "Clean"


# -- addresses -------------------------------------------------------------------------------------------------------


def test_statistics_of_an_address_count_the_machines_that_talked_to_it(api: Api) -> None:
    answer = stats(api, f"/api/ips/{C2}/stats", "Ip.Read.All")

    assert answer == {
        "@odata.context": "https://tenant.test/api/$metadata#microsoft.windowsDefenderATP.api.InOrgIPStats",
        "ipAddress": C2,
        "orgPrevalence": "2",
        "organizationPrevalence": 2,
        "orgFirstSeen": wire(NOW - 6 * DAY),
        "orgLastSeen": wire(NOW - 3 * HOUR),
    }
    assert stats(api, f"/api/ips/{C2}/stats?lookBackHours=4", "Ip.Read.All")["organizationPrevalence"] == 1
    assert stats(api, "/api/ips/2001:DB8:0::9/stats", "Ip.Read.All")["organizationPrevalence"] == 1


def test_an_address_that_nobody_talked_to_has_a_prevalence_of_0(api: Api) -> None:
    answer = stats(api, "/api/ips/198.51.100.1/stats", "Ip.Read.All")

    assert (answer["organizationPrevalence"], answer["orgPrevalence"]) == (0, "0")
    assert (answer["orgFirstSeen"], answer["orgLastSeen"]) == (None, None)
    assert rows(api, "/api/ips/198.51.100.1/alerts", ALERTS) == []


def test_alerts_of_an_address_are_those_whose_evidence_has_it(api: Api) -> None:
    api.state.defender[next(iter(api.state.defender))].alerts.put(
        alert(4, evidence=[AlertEvidence(entity_type="Ip", ip_address="2001:db8:0:0::9")])
    )

    assert rows(api, f"/api/ips/{C2}/alerts", ALERTS) == ["da1"]
    assert rows(api, "/api/ips/203.0.113.90/alerts", ALERTS) == []
    assert rows(api, "/api/ips/2001:db8::9/alerts", ALERTS) == ["da4"]


@pytest.mark.parametrize("ip", ["203.0.113.300", "203.0.113.0%2F24", CDN])
def test_what_is_no_address_is_refused(api: Api, ip: str) -> None:
    for path, role in ((f"/api/ips/{ip}/stats", "Ip.Read.All"), (f"/api/ips/{ip}/alerts", ALERTS)):
        answer = api.get(path, role)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidIpAddress")


# -- domains ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [CDN, "CDN.Files.Example"])
def test_statistics_of_a_domain_count_the_machines_that_named_it(api: Api, name: str) -> None:
    answer = stats(api, f"/api/domains/{name}/stats", "Url.Read.All")

    assert answer == {
        "@odata.context": "https://tenant.test/api/$metadata#microsoft.windowsDefenderATP.api.InOrgDomainStats",
        "host": CDN,
        "orgPrevalence": "2",
        "orgFirstSeen": wire(NOW - 6 * DAY),
        "orgLastSeen": wire(NOW - 3 * HOUR),
        "organizationPrevalence": 2,
    }


def test_machines_of_a_domain_are_those_whose_events_name_it_as_host(api: Api) -> None:
    assert rows(api, f"/api/domains/{CDN}/machines", MACHINES) == [WS1, WS2, SRV]
    assert rows(api, "/api/domains/mail.lure.example/machines", MACHINES) == [WS2]
    assert rows(api, "/api/domains/lure.example/machines", MACHINES) == []


def test_alerts_of_a_domain_are_those_whose_evidence_names_it_as_host(api: Api) -> None:
    assert rows(api, f"/api/domains/{CDN}/alerts", ALERTS) == ["da1"]
    assert rows(api, "/api/domains/files.example/alerts", ALERTS) == []


def test_a_domain_that_nobody_named_has_a_prevalence_of_0(api: Api) -> None:
    assert stats(api, "/api/domains/quiet.example/stats", "Url.Read.All")["organizationPrevalence"] == 0
    assert rows(api, "/api/domains/quiet.example/alerts", ALERTS) == []
    assert rows(api, "/api/domains/quiet.example/machines", MACHINES) == []


@pytest.mark.parametrize("name", ["203.0.113.9", "no dots", "localhost", "-.example", f"{'a' * 64}.example"])
def test_what_is_no_domain_name_is_refused(api: Api, name: str) -> None:
    for path, role in (("stats", "Url.Read.All"), ("alerts", ALERTS), ("machines", MACHINES)):
        answer = api.get(f"/api/domains/{name}/{path}", role)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidDomainName")


# -- accounts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mira", "MIRA", "halden%5Cmira", "mira@halden.example"])
def test_machines_of_an_account_are_those_it_logged_on_to(api: Api, name: str) -> None:
    assert rows(api, f"/api/users/{name}/machines", MACHINES) == [WS1, SRV]


@pytest.mark.parametrize(
    ("name", "expected"), [("mira", ["da1"]), ("halden%5CMira", ["da1"]), ("other%5Cmira", ["da1"])]
)
def test_alerts_of_an_account_are_those_that_name_it(api: Api, name: str, expected: list[str]) -> None:
    if name.startswith("other"):
        expected = []
    assert rows(api, f"/api/users/{name}/alerts", ALERTS) == expected


@pytest.mark.parametrize("name", ["guest", "nobody", "mir", "%22"])
def test_an_account_that_never_logged_on_has_no_machines_and_no_alerts(api: Api, name: str) -> None:
    assert rows(api, f"/api/users/{name}/machines", MACHINES) == []
    assert rows(api, f"/api/users/{name}/alerts", ALERTS) == []


# -- who may ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "role", "scope"),
    [
        (f"/api/files/{LOADER}", "File.Read.All", "File.Read.All"),
        (f"/api/files/{LOADER}/stats", "File.Read.All", "File.Read.All"),
        (f"/api/files/{LOADER}/alerts", ALERTS, "Alert.Read"),
        (f"/api/files/{LOADER}/machines", MACHINES, "Machine.Read"),
        (f"/api/ips/{C2}/stats", "Ip.Read.All", "Ip.Read.All"),
        (f"/api/ips/{C2}/alerts", ALERTS, "Alert.Read"),
        (f"/api/domains/{CDN}/stats", "Url.Read.All", "Url.Read.All"),
        (f"/api/domains/{CDN}/alerts", ALERTS, "Alert.Read"),
        (f"/api/domains/{CDN}/machines", MACHINES, "Machine.Read"),
        ("/api/users/mira/alerts", ALERTS, "Alert.Read"),
        ("/api/users/mira/machines", MACHINES, "Machine.Read"),
    ],
)
def test_permission_and_role_are_needed(api: Api, path: str, role: str, scope: str) -> None:
    refused = api.get(path, "Software.Read.All")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Forbidden")
    assert role in refused.json()["error"]["message"]
    assert api.get(path, role).status_code == 200
    assert api.call("GET", path, token=api.user_token("viewer", scope)).status_code == 200
    assert api.call("GET", path, token=api.user_token("viewer", "Software.Read")).status_code == 403
    assert api.call("GET", path, token=api.user_token("outsider", scope)).status_code == 403


def test_what_lies_outside_the_device_groups_is_left_out(api: Api) -> None:
    token = api.user_token("server-viewer", "Alert.Read Machine.Read File.Read.All")

    assert rows(api, f"/api/files/{LOADER}/machines", MACHINES, token=token) == [SRV]
    assert rows(api, f"/api/domains/{CDN}/machines", MACHINES, token=token) == [SRV]
    assert rows(api, "/api/users/mira/machines", MACHINES, token=token) == [SRV]
    for path in (f"files/{'d' * 40}", f"ips/{C2}", f"domains/{CDN}", "users/mira"):
        assert rows(api, f"/api/{path}/alerts", ALERTS, token=token) == []
    whole = api.call("GET", f"/api/files/{LOADER}/stats", token=token).json()
    assert whole["organizationPrevalence"] == 2


# -- everything hangs together ---------------------------------------------------------------------------------------


def test_statistics_agree_with_the_list_of_machines(api: Api) -> None:
    api.clock.advance(-35 * DAY)
    for path, role in ((f"files/{LOADER}", "File.Read.All"), (f"domains/{CDN}", "Url.Read.All")):
        counted = stats(api, f"/api/{path}/stats", role)["organizationPrevalence"]
        assert counted == len(rows(api, f"/api/{path}/machines", MACHINES)) == 1
    api.clock.advance(35 * DAY + HOUR)
    assert stats(api, f"/api/files/{LOADER}/stats", "File.Read.All")["organizationPrevalence"] == 3
