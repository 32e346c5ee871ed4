"""Behaviour of scores: exposure of all machines and by device group, and how securely they are set up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from vedette.catalogue.scores import ConfigurationScore, Scores
from vedette.simulation.estate import Estate
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import estate_of
from vedette.tenant.defender.handling import handles


@handles(Scores.get_exposure, in_thread=True)
def get_exposure(call: Call, /) -> ConfigurationScore:
    """From 0 to 100; higher is worse."""
    estate = estate_of(call)
    return ConfigurationScore(time=_time(call, estate), score=estate.exposure_score)


@handles(Scores.list_exposure_by_group, in_thread=True)
def list_exposure_by_group(call: Call, /) -> Iterable[ConfigurationScore]:
    """Of the groups that have machines."""
    return estate_of(call).exposure_by_group()


@handles(Scores.get_secure, in_thread=True)
def get_secure(call: Call, /) -> ConfigurationScore:
    """Higher is better."""
    estate = estate_of(call)
    return ConfigurationScore(time=_time(call, estate), score=estate.secure_score)


def _time(call: Call, estate: Estate) -> datetime:
    return estate.as_of if estate.machines else call.now
