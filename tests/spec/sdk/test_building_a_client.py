"""Where a client goes, and who it is, from arguments, profile and environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette import (
    AsyncDefender,
    ClientSecretCredential,
    ConfigurationError,
    Defender,
    InteractiveBrowserCredential,
    StaticToken,
)

TENANT = "0f9c1f2e-6d3e-4a77-9d9a-5b0f6a3c2e11"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration file of its own, and an environment without settings."""
    import os

    for variable in [name for name in os.environ if name.startswith("VEDETTE_")]:
        monkeypatch.delenv(variable)
    path = tmp_path / "config.toml"
    monkeypatch.setenv("VEDETTE_CONFIG", str(path))
    monkeypatch.setenv("VEDETTE_STATE", str(tmp_path / "state"))
    return path


@pytest.mark.parametrize(
    ("cloud", "region", "base", "scope"),
    [
        ("commercial", None, "https://api.security.microsoft.com", "https://api.securitycenter.microsoft.com/.default"),
        (
            "commercial",
            "eu",
            "https://eu.api.security.microsoft.com",
            "https://api.securitycenter.microsoft.com/.default",
        ),
        (
            "gcc",
            None,
            "https://api-gcc.securitycenter.microsoft.us",
            "https://api-gcc.securitycenter.microsoft.us/.default",
        ),
        (
            "gcc_high",
            None,
            "https://api-gov.securitycenter.microsoft.us",
            "https://api-gov.securitycenter.microsoft.us/.default",
        ),
        (
            "DoD",
            None,
            "https://api-gov.securitycenter.microsoft.us",
            "https://api-gov.securitycenter.microsoft.us/.default",
        ),
    ],
)
def test_clouds_and_regions_have_their_hosts_and_audiences(
    cloud: str, region: str | None, base: str, scope: str
) -> None:
    for client in (
        Defender(StaticToken("t"), cloud=cloud, region=region),
        AsyncDefender(StaticToken("t"), cloud=cloud, region=region),
    ):
        assert (client.base_url, client.scope) == (base, scope)


@pytest.mark.parametrize(("cloud", "region"), [("comercial", None), ("commercial", "mars"), ("gcc", "eu")])
def test_unknown_clouds_and_regions_are_refused(cloud: str, region: str | None) -> None:
    with pytest.raises(ConfigurationError):
        Defender(StaticToken("t"), cloud=cloud, region=region)


def test_without_a_credential_the_default_profile_speaks(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(f'[profiles.default]\ntenant_id = "{TENANT}"\nclient_id = "c1"\nregion = "uk"\n')
    monkeypatch.setenv("VEDETTE_CLIENT_SECRET", "s")
    client = Defender()

    assert isinstance(client.credential, ClientSecretCredential)
    assert (client.credential.client_id, client.base_url) == ("c1", "https://uk.api.security.microsoft.com")


def test_another_app_does_not_get_the_profiles_secret(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(f'[profiles.default]\ntenant_id = "{TENANT}"\nclient_id = "c1"\n')
    monkeypatch.setenv("VEDETTE_CLIENT_SECRET", "s")

    assert isinstance(Defender(tenant_id=TENANT, client_id="c2").credential, InteractiveBrowserCredential)
    assert isinstance(Defender(tenant_id=TENANT, client_id="c1").credential, ClientSecretCredential)


def test_a_profile_makes_either_client(config: Path) -> None:
    config.write_text(f'[profiles.soc]\ncloud = "gcc"\ntenant_id = "{TENANT}"\nclient_id = "c1"\n')

    for client in (Defender.from_profile("soc"), AsyncDefender.from_profile("soc")):
        assert client.base_url == "https://api-gcc.securitycenter.microsoft.us"
        assert repr(client).endswith("base_url='https://api-gcc.securitycenter.microsoft.us')")


def test_a_ca_bundle_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CA bundle"):
        Defender.from_token("t", ca_bundle=tmp_path / "none.pem")


def test_the_repr_of_a_client_shows_no_token() -> None:
    assert "very-secret" not in repr(Defender.from_token("very-secret-token"))
