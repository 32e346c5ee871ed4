"""Profiles: from the file, the environment, or a running local tenant; wrong ones are explained with their line."""

from __future__ import annotations

import json
import logging
import stat
from pathlib import Path

import pytest

from vedette import (
    ClientSecretCredential,
    ConfigurationError,
    DeviceCodeCredential,
    InteractiveBrowserCredential,
    ManagedIdentityCredential,
    PasswordCredential,
    Profile,
)
from vedette.auth.profile_file import profile_names, write_section

TENANT = "0f9c1f2e-6d3e-4a77-9d9a-5b0f6a3c2e11"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(file: Path, name: str | None = None, **environment: str) -> Profile:
    return Profile.load(name, path=file, environment=environment)


def test_a_profile_is_a_section(file: Path) -> None:
    file.write_text(
        '[profiles.soc]\ncloud = "gcc"\ntenant_id = "contoso.com"\nclient_id = "c"\ncredential = "device-code"\n'
    )
    profile = load(file, "soc")

    assert (profile.cloud, profile.tenant_id, profile.kind) == ("gcc", "contoso.com", "device-code")
    assert isinstance(profile.make_credential(), DeviceCodeCredential)


def test_the_environment_wins_and_may_say_all(file: Path) -> None:
    profile = load(file, VEDETTE_TENANT_ID=TENANT, VEDETTE_CLIENT_ID="c", VEDETTE_CLIENT_SECRET="s3cr3t")

    assert (profile.name, profile.tenant_id, profile.kind) == ("default", TENANT, "client-secret")
    assert isinstance(profile.make_credential(), ClientSecretCredential)
    assert "s3cr3t" not in repr(profile)


def test_the_environment_may_choose_the_profile(file: Path) -> None:
    file.write_text('[profiles.a]\ntenant_id = "a.com"\n[profiles.b]\ntenant_id = "b.com"\n')

    assert load(file, VEDETTE_PROFILE="b").tenant_id == "b.com"
    assert load(file, "a", VEDETTE_PROFILE="b").tenant_id == "a.com"


@pytest.mark.parametrize(
    ("text", "line", "nearest", "says"),
    [
        ('[profiles.soc]\n\ntenant_id = "t"\nclientid = "c"\n', 4, ("client_id",), "no key 'clientid'"),
        ('[profiles.other]\nclientid = "x"\n\n[profiles.soc]\nclientid = "c"', 5, ("client_id",), "no key 'clientid'"),
        ("[profiles.soc]\ntenant_id = 5\n", 2, (), "text in quotes"),
        ('[profiles.soc]\npassword = "x"\n', 2, (), "no key 'password'"),
        ('[soc]\ntenant_id = "t"\n', 1, ("profiles",), "unknown name 'soc'"),
        ('[profiles.soc]\ntenant_id = "t\n', 2, (), "not TOML"),
    ],
)
def test_a_wrong_file_names_line_and_nearest_name(
    file: Path, text: str, line: int, nearest: tuple[str, ...], says: str
) -> None:
    file.write_text(text)

    with pytest.raises(ConfigurationError, match=says) as wrong:
        load(file, "soc")

    assert (wrong.value.line, wrong.value.path, wrong.value.nearest[: len(nearest)]) == (line, str(file), nearest)
    assert f"line {line}" in wrong.value.message


def test_an_unknown_profile_names_the_nearest(file: Path) -> None:
    file.write_text('[profiles.soc]\ntenant_id = "t"\n')

    with pytest.raises(ConfigurationError) as unknown:
        load(file, "sok")

    assert unknown.value.nearest == ("soc",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('cloud = "commercal"', "commercial"),
        ('region = "mars"', "region"),
        ('credential = "magic"', "no kind of credential 'magic'"),
    ],
)
def test_wrong_values_are_explained(file: Path, text: str, says: str) -> None:
    file.write_text(f"[profiles.soc]\n{text}\n")

    with pytest.raises(ConfigurationError, match=says):
        load(file, "soc")


def test_what_is_missing_is_named_with_its_variable(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="no tenant_id") as missing:
        load(file).make_credential()

    assert "VEDETTE_TENANT_ID" in missing.value.hint


def test_the_kind_follows_from_what_is_given(file: Path) -> None:
    where = {"VEDETTE_TENANT_ID": TENANT, "VEDETTE_CLIENT_ID": "c"}

    assert isinstance(load(file, **where).make_credential(), InteractiveBrowserCredential)
    by_password = load(file, **where, VEDETTE_USERNAME="a@b.c", VEDETTE_PASSWORD="p")
    assert isinstance(by_password.make_credential(), PasswordCredential)
    managed = load(file, VEDETTE_CREDENTIAL="managed-identity")
    assert isinstance(managed.make_credential(), ManagedIdentityCredential)


def test_a_password_is_asked_for_when_there_is_a_person(file: Path) -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "p"

    profile = load(
        file, VEDETTE_TENANT_ID=TENANT, VEDETTE_CLIENT_ID="c", VEDETTE_USERNAME="a@b.c", VEDETTE_CREDENTIAL="password"
    )
    profile.make_credential(ask_password=ask)

    assert asked == ["Password for a@b.c: "]
    with pytest.raises(ConfigurationError, match="needs a password"):
        profile.make_credential(interactive=False)


def test_a_secret_comes_from_a_file_or_a_command(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s1\n")
    where = f'tenant_id = "{TENANT}"\nclient_id = "c"\n'
    file.write_text(
        f'[profiles.file]\n{where}client_secret_file = "{secret}"\n'
        f'[profiles.command]\n{where}client_secret_command = "printf s2"\n'
        f'[profiles.broken]\n{where}client_secret_command = "false"\n'
    )

    assert [load(file, name).make_credential()._proof for name in ("file", "command")] == ["s1", "s2"]  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="client_secret_command failed"):
        load(file, "broken").make_credential()


def test_a_secret_in_clear_needs_a_private_file_and_is_warned_about(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text('[profiles.soc]\nclient_secret = "s3cr3t"\n')
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others can read"):
        load(file, "soc")
    file.chmod(0o600)

    with caplog.at_level(logging.WARNING):
        assert load(file, "soc").client_secret == "s3cr3t"
    assert "in clear" in caplog.text
    assert "s3cr3t" not in caplog.text


def test_saving_keeps_the_rest_of_the_file_and_leaves_secrets_out(file: Path) -> None:
    file.write_text('# my file\n[profiles.a]\ntenant_id = "a.com"  # home\n\n[profiles.soc]\ntenant_id = "old"\n')
    Profile(name="soc", tenant_id='new "quoted" \\ é', client_secret="s3cr3t").save(file)

    assert file.read_text() == (
        '# my file\n[profiles.a]\ntenant_id = "a.com"  # home\n\n'
        '[profiles.soc]\ntenant_id = "new \\"quoted\\" \\\\ é"\n'
    )
    assert load(file, "soc").tenant_id == 'new "quoted" \\ é'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_profile_names_may_be_anything_in_quotes(file: Path) -> None:
    write_section(file, "soc eu.west", {"tenant_id": "x"})
    write_section(file, "soc", {"tenant_id": "y"})
    write_section(file, "soc eu.west", {"tenant_id": "z"})

    assert profile_names(file) == ("soc", "soc eu.west")
    assert load(file, "soc eu.west").tenant_id == "z"


@pytest.fixture
def tenant_file(tmp_path: Path) -> Path:
    path = tmp_path / "tenant.json"
    path.write_text(
        json.dumps(
            {
                "authority": "https://localhost:8443",
                "tenant_id": TENANT,
                "tenant_domain": "contoso.local",
                "api_base": "https://localhost:8443",
                "graph_base": "https://localhost:8443/v1.0",
                "portal_url": "https://localhost:8443/portal",
                "proxy_url": "http://localhost:8444",
                "ca_bundle": "/ca.pem",
                "users": [
                    {"upn": "admin@contoso.local", "password": "p1", "role": "global administrator"},
                    {"upn": "analyst@contoso.local", "password": "p2", "role": "analyst"},
                ],
                "apps": [
                    {"name": "soc-cli", "client_id": "c1", "kind": "public"},
                    {"name": "soc-automation", "client_id": "c2", "client_secret": "s2", "kind": "confidential"},
                    {"name": "soc-reader", "client_id": "c3", "client_secret": "s3", "kind": "confidential"},
                ],
            }
        )
    )
    return path


def test_a_running_local_tenant_is_a_profile(file: Path, tenant_file: Path) -> None:
    profile = load(file, VEDETTE_TENANT=str(tenant_file))

    assert (profile.base_url, profile.authority, profile.ca_bundle, profile.tenant_id) == (
        "https://localhost:8443",
        "https://localhost:8443",
        "/ca.pem",
        TENANT,
    )
    assert (profile.client_id, profile.client_secret, profile.kind) == ("c2", "s2", "client-secret")


def test_a_local_tenants_user_or_app_may_be_chosen(file: Path, tenant_file: Path) -> None:
    file.write_text(
        f'[profiles.person]\ntenant_file = "{tenant_file}"\nusername = "analyst@contoso.local"\n'
        f'[profiles.reader]\ntenant_file = "{tenant_file}"\napp = "soc-reader"\n'
        f'[profiles.nobody]\ntenant_file = "{tenant_file}"\napp = "soc-writer"\n'
    )
    person, reader = load(file, "person"), load(file, "reader")

    assert (person.client_id, person.username, person.password, person.kind) == (
        "c1",
        "analyst@contoso.local",
        "p2",
        "password",
    )
    assert (reader.client_id, reader.client_secret) == ("c3", "s3")
    with pytest.raises(ConfigurationError, match="no app 'soc-writer'"):
        load(file, "nobody")


def test_a_tenant_that_is_not_running_is_explained(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as missing:
        load(file, VEDETTE_TENANT=str(tmp_path / "none.json"))

    assert "vedette serve" in missing.value.hint
