"""Behaviour of remediation tasks: what was asked for in the organization, as far as the caller sees its machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.operation import Filter
from vedette.catalogue.remediation_tasks import RemediationTask, RemediationTasks
from vedette.simulation.estate import references
from vedette.simulation.estate.tasks import domain_of, open_machines, requests, tasks
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import estate_of, whole_estate
from vedette.tenant.defender.handling import handles
from vedette.tenant.problems import Problem


def _tasks(call: Call) -> Mapping[str, RemediationTask]:
    whole = whole_estate(call)
    return tasks(requests(whole), estate_of(call), domain_of(whole))


def _task(call: Call, id: str) -> RemediationTask:
    found = _tasks(call).get(id.lower())
    if found is None:
        raise Problem("ResourceNotFound", kind="RemediationTask", id=id)
    return found


@handles(RemediationTasks.list, in_thread=True)
def list_all(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[RemediationTask]:
    """The latest first."""
    return _tasks(call).values()


@handles(RemediationTasks.get, in_thread=True)
def get(call: Call, /, id: str) -> RemediationTask:
    """By id."""
    return _task(call, id)


@handles(RemediationTasks.list_machines, in_thread=True)
def list_machines(call: Call, /, id: str) -> Iterable[PublicAssetDto]:
    """Those that are not fixed yet: the targeted ones less the fixed ones."""
    return references(open_machines(requests(whole_estate(call))[_task(call, id).id], estate_of(call)))
