"""The declarative tenant file: what it makes, and what it says of every mistake."""

from __future__ import annotations

import json
import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from vedette.catalogue.permission import DEFENDER, GRAPH
from vedette.errors import ConfigurationError
from vedette.tenant import LocalTenant
from vedette.tenant.config import (
    ROLES,
    AppEntry,
    ClockEntry,
    DetectionsEntry,
    Entry,
    ServiceEntry,
    TelemetryEntry,
    TenantEntry,
    TenantFile,
    UserEntry,
    read_tenant_file,
)
from vedette.tenant.directory import secret_matches
from vedette.tenant.state import SignInFault

SECTIONS: dict[str, type[Entry]] = {
    "tenants": TenantEntry,
    "users": UserEntry,
    "apps": AppEntry,
    "telemetry": TelemetryEntry,
    "clock": ClockEntry,
    "detections": DetectionsEntry,
    "service": ServiceEntry,
}

WHOLE = """
[[tenants]]
domain = "north.example"
name = "North"
id = "0b7f5d0e-4a53-4a6b-9a0e-3c3a6e0a5c11"
users_may_consent = false

[[tenants]]
domain = "south.example"
defender = false

[[users]]
upn = "ana@north.example"
name = "Ana Brandt"
password = "correct horse"
role = "responder"
device_groups = ["Servers"]
directory_roles = ["Security Reader"]

[[users]]
upn = "bo@north.example"
password_env = "BO_PASSWORD"
permissions = ["View Data", "Alerts investigation"]
disabled = true
totp = "JBSWY3DPEHPK3PXP"

[[users]]
upn = "cy@south.example"

[[apps]]
name = "playbook"
client_id = "6f1f3c4e-95e2-4c7f-8d5a-0d6d1a6d9b10"
account_types = "multi-tenant"
application = ["Alert.Read.All", "graph:Directory.Read.All"]
certificates = ["playbook.pem"]

[[apps.secrets]]
name = "first"
value = "a-secret-of-some-length"
expires = 2027-01-01T00:00:00Z

[[apps.secrets]]
env = "PLAYBOOK_SECRET"

[[apps]]
name = "desk"
public_client = true
redirect_uris = { web = ["https://desk.example/back"], public = ["http://localhost"] }
delegated = ["Alert.Read", "Machine.Read"]
consent = ["ana@north.example"]

[[apps]]
name = "asking"
tenant = "south.example"
public_client = true
delegated = ["graph:User.Read"]
consent = "none"

[telemetry]
machines = 8
days = 1
seed = 5
scenarios = ["phishing-ransomware"]

[clock]
start = 2026-05-04T08:00:00Z
frozen = true

[service]
limits = 2.5
hide_unknown_users = true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    from vedette.simulation import SCENARIOS

    path = tmp_path / "tenant.toml"
    path.write_text(WHOLE.replace("phishing-ransomware", next(iter(SCENARIOS))))
    (tmp_path / "playbook.pem").write_bytes(_certificate())
    return path


@pytest.fixture
def tenant(file: Path, monkeypatch: pytest.MonkeyPatch) -> LocalTenant:
    monkeypatch.setenv("BO_PASSWORD", "from the environment")
    monkeypatch.setenv("PLAYBOOK_SECRET", "from-the-environment-too")
    return LocalTenant(config=file, sockets=False)


def test_tenants_are_as_the_file_says(tenant: LocalTenant) -> None:
    with tenant:
        directory = tenant.state.directory
        north, south = directory.tenant("north.example"), directory.tenant("south.example")
        assert north is not None
        assert south is not None

        assert (tenant.tenant_id, tenant.tenant_domain) == ("0b7f5d0e-4a53-4a6b-9a0e-3c3a6e0a5c11", "north.example")
        assert (north.id, north.display_name, north.users_may_consent) == (tenant.tenant_id, "North", False)
        assert directory.service_principal(south.id, DEFENDER.app_id) is None
        assert set(tenant.state.defender) == {north.id}


def test_users_are_as_the_file_says(tenant: LocalTenant) -> None:
    with tenant:
        directory = tenant.state.directory
        ana = directory.users.first(upn="ana@north.example")
        bo = directory.users.first(upn="bo@north.example")
        cy = directory.users.first(upn="cy@south.example")
        assert ana is not None
        assert bo is not None
        assert cy is not None

        assert secret_matches("correct horse", str(ana.password_hash))
        assert (ana.display_name, ana.given_name, ana.surname) == ("Ana Brandt", "Ana", "Brandt")
        assert (ana.defender_role, ana.device_groups, ana.directory_roles) == (
            "Responder",
            ["Servers"],
            ["Security Reader"],
        )
        assert ana.defender_permissions == ["View Data", "Alerts investigation", "Active remediation actions"]
        assert secret_matches("from the environment", str(bo.password_hash))
        assert (bo.is_enabled, bo.totp_secret, bo.defender_permissions) == (
            False,
            "JBSWY3DPEHPK3PXP",
            ["View Data", "Alerts investigation"],
        )
        assert (cy.defender_role, cy.defender_permissions) == (None, [])
        assert tenant.users["ana"].password == "correct horse"
        assert len(str(tenant.users["cy@south.example"].password)) > 16


def test_apps_are_as_the_file_says(tenant: LocalTenant) -> None:
    with tenant:
        directory = tenant.state.directory
        playbook = directory.application("6f1f3c4e-95e2-4c7f-8d5a-0d6d1a6d9b10")
        desk = directory.application(tenant.apps["desk"].client_id)
        assert playbook is not None
        assert desk is not None

        assert playbook.sign_in_audience == "AzureADMultipleOrgs"
        assert [each.display_name for each in playbook.key_credentials] == ["playbook.pem"]
        first, second = playbook.password_credentials
        assert secret_matches("a-secret-of-some-length", first.secret_hash)
        assert (first.display_name, first.end) == ("first", datetime(2027, 1, 1, tzinfo=UTC))
        assert secret_matches("from-the-environment-too", second.secret_hash)
        assert (desk.web_redirect_uris, desk.public_redirect_uris) == (
            ["https://desk.example/back"],
            ["http://localhost"],
        )
        assert desk.is_fallback_public_client is True
        assert (tenant.apps["desk"].kind, tenant.apps["playbook"].kind) == ("public", "confidential")


def test_consent_is_as_the_file_says(tenant: LocalTenant) -> None:
    with tenant:
        directory = tenant.state.directory
        north, south = tenant.tenant_id, str(directory.tenant("south.example").id)  # type: ignore[union-attr]
        playbook = directory.service_principal(north, tenant.apps["playbook"].client_id)
        desk = directory.service_principal(north, tenant.apps["desk"].client_id)
        asking = directory.service_principal(south, tenant.apps["asking"].client_id)
        defender = directory.service_principal(north, DEFENDER.app_id)
        graph = directory.service_principal(north, GRAPH.app_id)
        ana = directory.users.first(upn="ana@north.example")
        bo = directory.users.first(upn="bo@north.example")
        assert playbook and desk and asking and defender and graph and ana and bo  # noqa: PT018

        assert directory.granted_roles(playbook, defender, DEFENDER) == {"Alert.Read.All"}
        assert directory.granted_roles(playbook, graph, GRAPH) == {"Directory.Read.All"}
        assert directory.granted_scopes(desk, defender, ana.id) == {"Alert.Read", "Machine.Read"}
        assert directory.granted_scopes(desk, defender, bo.id) == set()
        assert list(directory.delegated_grants.where(client_id=asking.id)) == []


def test_clock_limits_and_telemetry_are_as_the_file_says(tenant: LocalTenant) -> None:
    with tenant:
        assert tenant.state.clock.now() == datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
        assert (tenant.state.options.limit_factor, tenant.state.options.hide_unknown_users) == (2.5, True)
        assert len(tenant.state.defender[tenant.tenant_id].machines) == 8


def test_what_the_file_leaves_out_is_as_in_the_default_tenant(tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text("[telemetry]\nmachines = 8\ndays = 1\n")

    with LocalTenant(config=path, sockets=False) as tenant:
        assert tenant.tenant_domain == "halden.example"
        assert list(tenant.apps) == ["soc-cli", "soc-automation", "soc-reader", "vedette-admin"]
        assert "analyst@halden.example" in tenant.users


def test_a_user_of_the_file_signs_in(tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text(
        '[[users]]\nupn = "ana@halden.example"\npassword = "correct-horse"\nrole = "analyst"\n'
        "[telemetry]\nmachines = 8\ndays = 1\n"
    )

    with LocalTenant(config=path) as tenant:
        context = ssl.create_default_context(cafile=tenant.ca_bundle)
        with httpx2.Client(base_url=tenant.authority, verify=context, trust_env=False) as client:
            answer = client.post(
                f"/{tenant.tenant_domain}/oauth2/token",
                data={
                    "grant_type": "password",
                    "client_id": tenant.apps["soc-cli"].client_id,
                    "resource": "https://api.securitycenter.microsoft.com",
                    "username": "ana@halden.example",
                    "password": "correct-horse",
                },
            )
        assert answer.status_code == 200


USER = '[[users]]\nupn = "ana@halden.example"\n'
APP = '[[apps]]\nname = "desk"\n'

MISTAKES = [
    # What is written, the line of the mistake, what is said, and the nearest right names.
    ("[[user]]\n", 1, "there is no key 'user'", ("users",)),
    (USER + 'rol = "analyst"\n', 3, "there is no key 'rol'", ("role",)),
    (USER + 'role = "analist"\n', 3, "there is no value for role 'analist'", ("analyst",)),
    (USER + USER.replace("ana", "bo") + 'role = "Analyst"\n', 5, "there is no value for role 'Analyst'", ("analyst",)),
    ('[[users]]\nname = "Ana"\n', 1, "upn is missing here", ()),
    ('[[users]]\nupn = "ana"\n', 2, "upn = 'ana' is not a user principal name, such as ana@halden.example", ()),
    ('[[users]]\nupn = "ana@haldn.example"\n', 2, "there is no tenant 'haldn.example'", ("halden.example",)),
    (USER + USER, 4, "upn 'ana@halden.example' is already used on line 2", ()),
    (USER + 'disabled = "yes"\n', 3, "disabled = 'yes': expected true or false, got text", ()),
    (USER + "password = 12345\n", 3, "password = …: expected text, got a whole number", ()),
    (USER + 'password_env = "NOT_SET"\n', 3, "the environment variable NOT_SET is not set", ()),
    (
        USER + 'password = "x"\npassword_env = "SET"\n',
        4,
        "give password or password_env, not both",
        (),
    ),
    (USER + 'totp = "not base32"\n', 3, "totp = … is not Base32 text of at least 16 characters", ()),
    (
        USER + 'permissions = [\n  "View Data",\n  "Alert investigation",\n]\n',
        5,
        "there is no role permission 'Alert investigation'",
        ("Alerts investigation",),
    ),
    (USER + 'device_groups = "Servers"\n', 3, "device_groups = 'Servers': expected a list, got text", ()),
    (
        APP + 'delegated = ["Alert.Reed"]\n',
        3,
        "there is no delegated permission of WindowsDefenderATP 'Alert.Reed'",
        ("Alert.Read",),
    ),
    (
        APP + 'application = [\n  "Alert.Read.All",\n  "Alerts.ReadWrite.All",\n]\n',
        5,
        "there is no application permission of WindowsDefenderATP 'Alerts.ReadWrite.All'",
        ("Alert.ReadWrite.All",),
    ),
    (
        APP + 'delegated = ["graph:User.Reed"]\n',
        3,
        "there is no delegated permission of Microsoft Graph 'graph:User.Reed'",
        ("graph:User.Read",),
    ),
    (APP + 'delegated = ["grap:User.Read"]\n', 3, "there is no API 'grap'", ("graph",)),
    (APP + 'client_id = "1234"\n', 3, "client_id = '1234' is not a GUID", ()),
    (
        APP + 'account_types = "multitenant"\n',
        3,
        "there is no value for account_types 'multitenant'",
        ("multi-tenant",),
    ),
    (APP + "redirect_uris = { web = [], single = [] }\n", 3, "there is no key 'single'", ()),
    (APP + '[apps.redirect_uris]\nwebb = ["https://x.example"]\n', 4, "there is no key 'webb'", ("web",)),
    (APP + "[[apps.secrets]]\n", 3, "a secret has either a value or an env", ()),
    (APP + '[[apps.secrets]]\nvalue = "short"\n', 4, "value = …: expected text of length >= 8", ()),
    (APP + 'certificates = ["gone.pem"]\n', 3, "gone.pem does not exist in {folder}", ()),
    (
        USER + APP + 'consent = ["bo@halden.example"]\n',
        5,
        "there is no user 'bo@halden.example'",
        ("ana@halden.example",),
    ),
    ("[telemetry]\nmachines = 3\n", 2, "machines = 3: expected a whole number >= 8", ()),
    ('[telemetry]\nsource = "recording"\n', 2, "there is no value for source 'recording'", ("recordings",)),
    ('[telemetry]\nsource = "recordings"\n', 2, 'source = "recordings" needs recordings = "FOLDER"', ()),
    ("[clock]\nstart = 2026-05-04T08:00:00\n", 2, "start needs a time zone, such as 2026-05-04T08:00:00Z", ()),
    ('[clock]\nstart = "tomorrow"\n', 2, "start = 'tomorrow': invalid RFC3339 encoded datetime", ()),
    ("[clock]\nspeed = 0\n", 2, "speed = 0: expected a number > 0.0", ()),
    ('[service]\nlimits = "none"\n', 2, "there is no value for limits 'none'", ()),
    ("[service]\nlimit = 1\n", 2, "there is no key 'limit'", ("limits",)),
    ('[[tenants]]\ndomain = "north"\n', 2, "domain = 'north' is not a domain name", ()),
    (USER + 'name = """\n[[users]]\nrol"""\n# rol\nrol = "analyst"\n', 7, "there is no key 'rol'", ("role",)),
]


@pytest.mark.parametrize(("text", "line", "said", "nearest"), MISTAKES)
def test_a_mistake_is_named_with_its_line_and_what_was_meant(
    tmp_path: Path, text: str, line: int, said: str, nearest: tuple[str, ...]
) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text(text)

    with pytest.raises(ConfigurationError) as wrong:
        read_tenant_file(path, {"SET": "x"})

    folder = tmp_path.resolve()
    assert wrong.value.message == f"{path}:{line}: {said.format(folder=folder)}."
    assert (wrong.value.path, wrong.value.line) == (str(path), line)
    assert wrong.value.nearest[:1] == nearest


def test_a_second_factors_secret_has_to_be_base32(tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text('[[users]]\nupn = "ana@halden.example"\ntotp = "ABCDEFGHIJKLMNOPQ"\n')

    with pytest.raises(ConfigurationError, match=r"tenant.toml:3: totp = … is not Base32") as wrong:
        read_tenant_file(path)
    assert "ABCDEFGH" not in str(wrong.value)


def test_what_a_sign_in_takes_is_as_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text("""
[[tenants]]
domain = "halden.example"
sign_in_frequency_h = 1.5

[[tenants]]
domain = "other.example"

[[users]]
upn = "ana@halden.example"
must_register_factor = true
external_challenge = true
guest_in = ["other.example"]

[[apps]]
name = "kept-in"
conditional_access = "compliant-device"
disabled = "in-tenant"

[service]
slow_down = true
client_loop_limit = 20
faults = [{ error = 429, times = 2, retry_after_s = 5 }]
""")
    with LocalTenant(config=path, telemetry="none", sockets=False) as tenant:
        directory = tenant.state.directory
        here, there = (directory.tenant(name) for name in ("halden.example", "other.example"))
        assert here is not None
        assert there is not None
        ana = directory.user(here.id, "ana@halden.example")
        guest = directory.user(there.id, "ana_halden.example#EXT#@other.example")
        app_id = tenant.apps["kept-in"].client_id
        principal = directory.service_principal(here.id, app_id)

        assert here.sign_in_frequency_s == 5400
        assert here.compliant_device_app_ids == [app_id]
        assert ana is not None
        assert (ana.must_register_factor, ana.has_external_challenge) == (True, True)
        assert guest is not None
        assert (guest.home_user_id, guest.password_hash) == (ana.id, None)
        assert principal is not None
        assert not principal.is_enabled
        assert (tenant.state.options.slow_down, tenant.state.options.client_loop_limit) == (True, 20)
        assert tenant.state.options.sign_in_faults == (SignInFault(429, times=2, retry_after_s=5),)


def test_the_hint_asks_for_the_nearest_name_or_lists_all(tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text(USER + 'rol = "analyst"\n')
    with pytest.raises(ConfigurationError, match="hint: did you mean role\\?"):
        read_tenant_file(path)

    path.write_text(APP + "[apps.redirect_uris]\nelsewhere = []\n")
    with pytest.raises(ConfigurationError, match="hint: there are: public, spa, web"):
        read_tenant_file(path)


def test_what_is_not_toml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text("[[users]]\nupn = ana@halden.example\n")

    with pytest.raises(ConfigurationError) as wrong:
        read_tenant_file(path)

    assert wrong.value.line == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"tenant\.toml cannot be read: No such file or directory"):
        read_tenant_file(tmp_path / "tenant.toml")


def test_a_password_is_never_quoted(tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text(USER + f'password = "{"hunter2" * 60}"\n')

    with pytest.raises(ConfigurationError) as wrong:
        read_tenant_file(path)

    assert "hunter2" not in str(wrong.value) + repr(wrong.value)


def test_a_tenant_keeps_what_it_was_first_started_with(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with LocalTenant(state=state, machines=8, days=1, sockets=False) as tenant:
        before = tenant.ready()["users"]
    path = tmp_path / "tenant.toml"
    path.write_text(USER)

    with LocalTenant(state=state, config=path, sockets=False) as tenant:
        assert tenant.ready()["users"] == before


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "playbook")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


PAGE = Path(__file__).parents[3] / "docs" / "reference" / "tenant-file.md"


def test_the_reference_page_has_every_key_with_its_default() -> None:
    described: dict[str, dict[str, str]] = {}
    for line in PAGE.read_text().splitlines():
        if heading := re.fullmatch(r"## `\[+(\w+)\]+`", line):
            table = described.setdefault(heading[1], {})
        elif row := re.fullmatch(r"\| `(\w+)` \| .* \|(.*)\|", line):
            table[row[1]] = row[2].strip(" `")

    assert list(described) == list(SECTIONS) == [field.name for field in msgspec.structs.fields(TenantFile)]
    for name, entry in SECTIONS.items():
        assert list(described[name]) == [field.name for field in msgspec.structs.fields(entry)]
    for name in ("telemetry", "clock", "service"):
        for field in msgspec.structs.fields(SECTIONS[name]):
            if isinstance(field.default, (bool, int, float, str)):
                shown = described[name][field.name]
                assert json.loads(shown) == field.default, (name, field.name)


def test_the_example_of_the_reference_page_is_a_tenant_file(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None
    path = tmp_path / "tenant.toml"
    path.write_text(example[1])

    file = read_tenant_file(path, {"ANA_PASSWORD": "correct horse"})

    assert [app.name for app in file.apps or ()] == ["playbook", "desk"]


def test_the_reference_page_has_every_role() -> None:
    for role, (_, permissions) in ROLES.items():
        shown = {"administrator": "all", "none": "none: signs in, and sees nothing in Defender"}
        assert f'| `"{role}"` | {shown.get(role, ", ".join(permissions))} |' in PAGE.read_text()
