"""Behaviour of baselines: profiles with how many machines pass them, their settings, and the exception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vedette.catalogue.baselines import (
    BaselineConfiguration,
    BaselineConfigurationDto,
    BaselineException,
    BaselineExceptionDeviceDto,
    BaselineProfile,
    Baselines,
    UserDto,
)
from vedette.catalogue.operation import Filter
from vedette.simulation.estate import Estate, profile_of
from vedette.simulation.estate import baselines as known
from vedette.simulation.estate.steady import identifier
from vedette.simulation.estate.tasks import domain_of
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import estate_of, whole_estate
from vedette.tenant.defender.handling import handles
from vedette.tenant.problems import Problem

_MADE_DAYS, _CHANGED_DAYS = 120.0, 30.0


def _profiles(call: Call) -> Iterator[BaselineProfile]:
    estate, author = estate_of(call), f"secadmin@{domain_of(whole_estate(call))}"
    for scope in known.SCOPES.values():
        covered = [each for each in estate.machines if scope.covers(profile_of(each))]
        groups = sorted({(each.rbac_group_id, each.rbac_group_name or "") for each in covered})
        yield BaselineProfile(
            id=scope.id,
            name=scope.name,
            description=scope.description,
            benchmark=known.BENCHMARK,
            version=known.BENCHMARK_VERSION,
            operating_system=scope.system,
            operating_system_version=scope.version,
            status=True,
            compliance_level="Level 2",
            settings_number=len(scope.settings),
            created_by=author,
            last_updated_by=author,
            created_on_time_offset=estate.ago(_MADE_DAYS),
            last_update_time_offset=estate.ago(_CHANGED_DAYS),
            passed_devices=sum(known.passes(scope, profile_of(each)) for each in covered),
            total_devices=len(covered),
            rbac_group_ids_profile_scope=[number for number, _ in groups],
            rbac_group_names_profile_scope=[name for _, name in groups],
        )


def _configuration(setting: known.Setting) -> BaselineConfiguration:
    return BaselineConfiguration(
        id=setting.id,
        unique_id=f"{known.BENCHMARK} {known.BENCHMARK_VERSION} {setting.id}",
        benchmark_name=known.BENCHMARK,
        benchmark_version=known.BENCHMARK_VERSION,
        name=setting.check.name,
        description=f"{setting.check.name}: {setting.source} should be {setting.wanted}.",
        category=setting.check.category,
        compliance_levels=["Level 1", "Level 2"] if setting.level == "Level 1" else ["Level 2"],
        cce=setting.cce,
        rationale=setting.rationale,
        remediation=f"Set {setting.source} to {setting.wanted}.",
        recommended_value=[setting.wanted],
        source=[setting.source],
        is_custom=False,
    )


def _exception(call: Call, estate: Estate) -> BaselineException:
    domain = domain_of(whole_estate(call))
    person = UserDto(id=identifier("requester", domain), email=f"secadmin@{domain}")
    setting = known.EXEMPT_SETTING
    exempt = [each for each in estate.machines if known.is_exempt(setting, profile_of(each))]
    return BaselineException(
        id=known.EXCEPTION_ID,
        title=f"Older servers: {setting.check.name}",
        approved_by=person.email,
        justification="Planned replacement",
        due_date=estate.ago(-90),
        description="The older servers resolve names by multicast until they are replaced.",
        status="Active",
        is_active=True,
        benchmark_name=known.BENCHMARK,
        benchmark_version=known.BENCHMARK_VERSION,
        compliance_level=setting.level,
        configurations=[BaselineConfigurationDto(id=setting.id, title=setting.check.name)],
        devices=[
            BaselineExceptionDeviceDto(id=each.id, name=each.computer_dns_name, rbac_group_id=each.rbac_group_id)
            for each in exempt
        ],
        last_modified_on=estate.ago(_CHANGED_DAYS),
        last_modified_by=person,
        created_on=estate.ago(_CHANGED_DAYS),
        requester=person,
    )


@handles(Baselines.list_profiles, in_thread=True)
def list_profiles(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[BaselineProfile]:
    """All profiles; machines are counted among those of the caller."""
    return _profiles(call)


@handles(Baselines.get_profile, in_thread=True)
def get_profile(call: Call, /, id: str) -> BaselineProfile:
    """By id."""
    for each in _profiles(call):
        if each.id == id.lower():
            return each
    raise Problem("ResourceNotFound", kind="BaselineProfile", id=id)


@handles(Baselines.list_configurations)
def list_configurations(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[BaselineConfiguration]:
    """The settings of all profiles."""
    return map(_configuration, known.SETTINGS.values())


@handles(Baselines.get_configuration)
def get_configuration(call: Call, /, id: str) -> BaselineConfiguration:
    """By id."""
    setting = known.SETTINGS.get(id.lower())
    if setting is None:
        raise Problem("ResourceNotFound", kind="BaselineConfiguration", id=id)
    return _configuration(setting)


@handles(Baselines.list_exceptions, in_thread=True)
def list_exceptions(call: Call, /) -> Iterable[BaselineException]:
    """The one exception that there is."""
    return [_exception(call, estate_of(call))]


@handles(Baselines.get_exception, in_thread=True)
def get_exception(call: Call, /, id: str) -> BaselineException:
    """By id."""
    if id.lower() != known.EXCEPTION_ID:
        raise Problem("ResourceNotFound", kind="BaselineException", id=id)
    return _exception(call, estate_of(call))
