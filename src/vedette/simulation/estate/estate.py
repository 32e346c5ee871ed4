"""The estate: what vulnerability management knows of a set of machines, as the entities of the API.

An estate is a pure function of its machines, of the moment it is looked at, and of which machines have open alerts. A
caller who sees some device groups only is given the estate of those machines, so every number is what they may count.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.machines import Machine
from vedette.catalogue.recommendations import Recommendation
from vedette.catalogue.scores import ConfigurationScore
from vedette.catalogue.software import PublicDistributionDto, PublicProductFixDto, Software
from vedette.catalogue.vulnerabilities import PublicAssetVulnerabilityDto, Vulnerability
from vedette.simulation.estate.configuration import applies, is_met
from vedette.simulation.estate.exposure import points, points_without, weight
from vedette.simulation.estate.inventory import Installed, installed, profile_of
from vedette.simulation.estate.products import PRODUCTS, Product
from vedette.simulation.estate.tally import CheckTally, ProductTally, Tally
from vedette.simulation.estate.updates import windows
from vedette.simulation.estate.weaknesses import Weakness

_SOON = timedelta(days=180)
_NO_MACHINES = datetime(2026, 1, 1, tzinfo=UTC)


class Estate:
    """Software, weaknesses, recommendations and scores of a set of machines."""

    def __init__(
        self, machines: Iterable[Machine], *, as_of: datetime | None = None, alerting: Collection[str] = ()
    ) -> None:
        """`as_of`: the moment it is looked at; the last report of any machine where left out.

        `alerting`: ids of the machines with open alerts. Machines that are excluded, or not onboarded, are left out.
        """
        everything = list(machines)
        self.machines = [each for each in everything if each.onboarding_status == "Onboarded" and not each.is_excluded]
        self.as_of = as_of or max((each.last_seen for each in everything if each.last_seen), default=_NO_MACHINES)
        self._alerting = frozenset(alerting)

    def narrowed(self, machines: Iterable[Machine]) -> Estate:
        """The estate of some of its machines, at the same moment."""
        return Estate(machines, as_of=self.as_of, alerting=self._alerting)

    @functools.cached_property
    def tally(self) -> Tally:
        """Who has what."""
        return Tally.of(self.machines)

    def ago(self, days: float) -> datetime:
        """A moment before the estate is looked at, in whole seconds."""
        return (self.as_of - timedelta(days=days)).replace(microsecond=0)

    def covers(self, machine: Machine) -> bool:
        """Whether a machine is part of this estate."""
        return machine.id in self._by_id

    def inventory(self, machine: Machine) -> tuple[Installed, ...]:
        """What is installed on a machine, its operating system first."""
        return installed(profile_of(machine)) if self.covers(machine) else ()

    @functools.cached_property
    def _by_id(self) -> Mapping[str, Machine]:
        return {machine.id: machine for machine in self.machines}

    def _is_alerting(self, machines: Mapping[str, Machine]) -> bool:
        return not self._alerting.isdisjoint(machines)

    # -- software ------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def software(self) -> Mapping[str, Software]:
        """Id → product, in the order of ids."""
        return {key: self._software(self.tally.products[key]) for key in sorted(self.tally.products)}

    def _software(self, found: ProductTally) -> Software:
        product = found.product
        return Software(
            id=product.id,
            name=product.name,
            vendor=product.vendor,
            weaknesses=len(found.weaknesses),
            public_exploit=any(weakness.exploit for weakness in found.weaknesses.values()),
            active_alert=self._is_alerting(found.exposed),
            exposed_machines=len(found.exposed),
            installed_machines=len(found.machines),
            impact_score=self._exposure_impact(product),
            is_normalized=product.has_cpe,
            category=product.category,
            tags=self._support_tags(product),
            distributions=self.distribution(product.id),
        )

    def distribution(self, product_id: str) -> list[PublicDistributionDto]:
        """The installed versions of a product, the newest first. Raises: KeyError."""
        found = self.tally.products[product_id]
        weak = {each.release.version: len(each.weaknesses) for each in found.installed.values()}
        places = {each.release.version: each.position for each in found.installed.values()}
        return [
            PublicDistributionDto(version=version, installations=found.versions[version], vulnerabilities=weak[version])
            for version in sorted(places, key=lambda version: (places[version], version), reverse=True)
        ]

    def support(self, product: Product) -> tuple[str, datetime | None]:
        """Whether support ended or ends soon, and when: `EOS Version`, `Upcoming EOS Software`, … or `None`."""
        if product.end_of_support is None:
            return "None", None
        end = datetime(*product.end_of_support.timetuple()[:3], tzinfo=UTC)
        what = "Version" if product.ends_by_version else "Software"
        if end <= self.as_of:
            return f"EOS {what}", end
        return (f"Upcoming EOS {what}" if end - self.as_of <= _SOON else "None"), end

    def _support_tags(self, product: Product) -> list[str]:
        status, _ = self.support(product)
        return [] if status == "None" else [status]

    # -- weaknesses ----------------------------------------------------------------------------------------------------

    @functools.cached_property
    def vulnerabilities(self) -> Mapping[str, Vulnerability]:
        """Id → CVE that some machine has, in the order of ids."""
        return {
            key: self._vulnerability(found.weakness, len(found.machines), found.seen_days)
            for key, found in sorted(self.tally.weaknesses.items())
        }

    def vulnerability(self, cve_id: str) -> Vulnerability:
        """A CVE, also one that no machine has. Raises: KeyError where it is unknown."""
        wanted = cve_id.upper()
        return self.vulnerabilities.get(wanted) or self._vulnerability(_known()[wanted], 0, None)

    def _vulnerability(self, weakness: Weakness, exposed: int, seen_days: float | None) -> Vulnerability:
        has_exploit = bool(weakness.exploit)
        return Vulnerability(
            id=weakness.id,
            name=weakness.id,
            description=weakness.description,
            severity=weakness.severity,
            cvss_v3=weakness.score,
            cvss_vector=weakness.kind.vector,
            exposed_machines=exposed,
            published_on=self.ago(weakness.age_days),
            updated_on=self.ago(weakness.age_days / 2),
            first_detected=None if seen_days is None else self.ago(seen_days),
            patch_first_available=None if weakness.fixed_days is None else self.ago(weakness.fixed_days),
            public_exploit=has_exploit,
            exploit_verified=weakness.exploit in ("verified", "kit"),
            exploit_in_kit=weakness.exploit == "kit",
            exploit_types=[weakness.kind.exploit] if has_exploit else [],
            exploit_uris=[f"https://exploits.example/{weakness.id}"] if has_exploit else [],
            cve_supportability="Supported",
            tags=weakness.tags,
            epss=weakness.epss,
            status="RemediationRequired" if exposed else "NoActionRequired",
        )

    def findings(self, machines: Iterable[Machine] | None = None) -> Iterator[PublicAssetVulnerabilityDto]:
        """Every weakness of every product of these machines, or of all."""
        for machine in self.machines if machines is None else machines:
            for each in self.inventory(machine):
                for weakness in each.weaknesses:
                    kb = fixing_kb(each, weakness)
                    product = each.product
                    version = each.release.version
                    yield PublicAssetVulnerabilityDto(
                        id="-_-".join((machine.id, weakness.id, product.vendor, product.name, version, kb)),
                        cve_id=weakness.id,
                        machine_id=machine.id,
                        fixing_kb_id=kb or None,
                        product_name=product.name,
                        product_vendor=product.vendor,
                        product_version=version,
                        severity=weakness.severity,
                    )

    # -- updates -------------------------------------------------------------------------------------------------------

    def missing_updates(
        self, *, machine: Machine | None = None, product_id: str | None = None
    ) -> list[PublicProductFixDto]:
        """The updates with a number that a machine, a product or the whole estate lacks, the newest first."""
        missing = [
            found
            for found in self.tally.updates.values()
            if (machine is None or machine.id in found.machines)
            and (product_id is None or product_id in found.products)
        ]
        return [
            PublicProductFixDto(
                id=found.release.kb,
                name=found.release.kb_name
                or f"{self.ago(found.release.age_days):%B %Y} security updates for {found.title}",
                os_build=found.build,
                products_names=[product.name for product in found.products.values()],
                url=f"https://updates.example/{found.release.kb}",
                machine_missed_on=len(found.machines),
                cve_addressed=len(found.release.removes),
            )
            for found in sorted(missing, key=lambda found: (found.release.age_days, found.release.kb))
        ]

    # -- recommendations -----------------------------------------------------------------------------------------------

    @functools.cached_property
    def recommendations(self) -> Mapping[str, Recommendation]:
        """Id → recommendation: what lowers the exposure most comes first, then what raises the secure score most."""
        today = self.as_of.date()
        about_software = [self._about_software(each) for each in self.tally.products.values() if each.concerned(today)]
        about_settings = [self._about_setting(each) for each in self.tally.checks.values() if each.exposed]
        found = sorted(
            [*about_software, *about_settings],
            key=lambda each: (-each.exposure_impact, -each.config_score_impact, each.id),
        )
        return {each.id: each for each in found}

    def concerned(self, recommendation_id: str) -> Mapping[str, Machine]:
        """Id → machine that a recommendation is for. Raises: KeyError."""
        if recommendation_id not in self.recommendations:
            raise KeyError(recommendation_id)
        kind, _, name = recommendation_id.partition("-_-")
        if kind == "sca":
            return self.tally.checks[name].exposed
        return self.tally.products[name].concerned(self.as_of.date())

    def _about_software(self, found: ProductTally) -> Recommendation:
        product = found.product
        action, name, version = self._advice(found)
        vendor, _, program = product.successor.partition(" ") if action == "Upgrade" else ("", "", "")
        concerned = found.concerned(self.as_of.date())
        return Recommendation(
            id=f"va-_-{product.id}",
            product_name=product.name,
            recommendation_name=name,
            weaknesses=len(found.weaknesses),
            vendor=product.vendor,
            recommended_version=version,
            recommended_vendor=vendor,
            recommended_program=program,
            recommendation_category="OS" if product.is_system else "Application",
            sub_category="",
            public_exploit=any(weakness.exploit for weakness in found.weaknesses.values()),
            active_alert=self._is_alerting(concerned),
            remediation_type=action,
            exposure_impact=self._exposure_impact(product),
            total_machine_count=len(found.machines),
            exposed_machines_count=len(concerned),
            related_component=product.title,
            has_unpatchable_cve=bool(product.unfixed),
            tags=self._support_tags(product),
            exposed_critical_devices=_critical(concerned),
        )

    def _advice(self, found: ProductTally) -> tuple[str, str, str]:
        product = found.product
        if found.ends(self.as_of.date()):
            if not product.successor:
                return "Uninstall", f"Uninstall {product.title}", ""
            name = product.successor.partition(" ")[2].replace("_", " ").title()
            return "Upgrade", f"Upgrade {product.title} to {name}", ""
        version = "" if product.build else product.releases[-1].version
        return "Update", f"Update {product.title}{f' to version {version}' if version else ''}", version

    def _about_setting(self, found: CheckTally) -> Recommendation:
        check = found.check
        return Recommendation(
            id=check.recommendation,
            recommendation_name=check.name,
            recommendation_category=check.category,
            sub_category=check.subcategory,
            severity_score=check.impact,
            active_alert=self._is_alerting(found.exposed),
            remediation_type="ConfigurationChange",
            config_score_impact=round(check.impact * len(found.exposed) / len(found.machines), 6),
            total_machine_count=len(found.machines),
            exposed_machines_count=len(found.exposed),
            non_productivity_impacted_assets=0 if check.has_user_impact else len(found.exposed),
            related_component=check.subcategory,
            exposed_critical_devices=_critical(found.exposed),
        )

    def of_machine(self, machine: Machine) -> list[Recommendation]:
        """The recommendations that are for a machine."""
        return [each for each in self.recommendations.values() if machine.id in self.concerned(each.id)]

    # -- scores --------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def exposure_score(self) -> float:
        """How exposed the machines are, from 0 to 100; each counts by its value."""
        total = sum(map(weight, self.machines))
        exposed = sum(weight(machine) * points(profile_of(machine)) for machine in self.machines)
        return round(exposed / total, 6) if total else 0.0

    def _exposure_impact(self, product: Product) -> float:
        """By how much the score falls once no weakness of the product is left."""
        total = sum(map(weight, self.machines))
        gained = 0.0
        for machine in self.tally.products[product.id].exposed.values():
            profile = profile_of(machine)
            gained += weight(machine) * (points(profile) - points_without(profile, product.id))
        return round(gained / total, 6)

    def exposure_by_group(self) -> list[ConfigurationScore]:
        """The exposure score of each device group, in the order of group ids."""
        groups: dict[tuple[int, str], list[Machine]] = {}
        for machine in self.machines:
            groups.setdefault((machine.rbac_group_id, machine.rbac_group_name or ""), []).append(machine)
        return [
            ConfigurationScore(
                time=self.as_of,
                score=self.narrowed(members).exposure_score,
                rbac_group_name=name,
                rbac_group_id=number,
            )
            for (number, name), members in sorted(groups.items())
        ]

    @functools.cached_property
    def secure_score(self) -> float:
        """Sum over the settings of their weight times the share of machines that have them."""
        return round(
            sum(
                each.check.impact * (1 - len(each.exposed) / len(each.machines)) for each in self.tally.checks.values()
            ),
            6,
        )

    @property
    def highest_secure_score(self) -> float:
        """The secure score once every machine has every setting."""
        return sum(each.check.impact for each in self.tally.checks.values())

    def compliance(self, machine: Machine) -> Iterator[tuple[str, bool, bool]]:
        """Id of each setting, whether it applies to a machine, and whether the machine has it."""
        profile = profile_of(machine)
        for key, each in self.tally.checks.items():
            is_applicable = applies(each.check, profile)
            yield key, is_applicable, is_applicable and is_met(each.check, profile)


def references(machines: Iterable[Machine]) -> Iterator[PublicAssetDto]:
    """Machines as lists of vulnerability management show them."""
    for machine in machines:
        yield PublicAssetDto(
            id=machine.id,
            computer_dns_name=machine.computer_dns_name,
            os_platform=machine.os_platform,
            asset_criticality_level="High" if machine.device_value == "High" else "None",
            tags=machine.machine_tags,
            rbac_group_name=machine.rbac_group_name,
            rbac_group_id=machine.rbac_group_id,
        )


def fixing_kb(each: Installed, weakness: Weakness) -> str:
    """Number of the update that removes a weakness; empty where it comes without one, or does not come."""
    later = each.product.releases[each.position + 1 :]
    return next((release.kb for release in later if weakness in release.removes), "")


def _critical(machines: Mapping[str, Machine]) -> int:
    return sum(machine.device_value == "High" for machine in machines.values())


@functools.cache
def _known() -> Mapping[str, Weakness]:
    system = windows("Windows11", None)
    products = [*PRODUCTS.values(), *([system] if system else [])]
    removed = [weakness for product in products for release in product.releases for weakness in release.removes]
    unfixed = [weakness for product in products for weakness in product.unfixed]
    return {weakness.id: weakness for weakness in (*removed, *unfixed)}
