"""Behaviour of accounts: their alerts, and where they logged on.

An account is addressed by its name; `domain\\name` and `name@domain`, as other answers show it, are understood too and
then tell accounts of one name apart.
"""

from __future__ import annotations

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.catalogue.users import Users
from vedette.tenant.call import Call
from vedette.tenant.defender import sightings
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import with_ids
from vedette.tenant.defender.related_alerts import related
from vedette.tenant.store.collection import Selection


@handles(Users.list_alerts)
def list_alerts(call: Call, /, id: str) -> Selection[Alert]:
    """Those that the account is at the centre of, or whose evidence names it."""
    name, domain = _account(id)

    def is_named(alert: Alert) -> bool:
        related_user = alert.related_user
        people = [(related_user.user_name, related_user.domain_name)] if related_user else []
        people += [(each.account_name, each.domain_name) for each in alert.evidence]
        return any(_is(account, name) and (not domain or _is(place, domain)) for account, place in people)

    return related(call, name, is_named)


@handles(Users.list_machines, in_thread=True)
def list_machines(call: Call, /, id: str) -> Selection[Machine]:
    """Those with a logon of the account that succeeded."""
    name, domain = _account(id)
    seen = sightings.of_account(call.store.lake, name, domain, sightings.until(call.now))
    return with_ids(call, {each.device_id for each in seen})


def _account(text: str) -> tuple[str, str]:
    """Name and domain in lower case; the domain is empty where the text has none, or the suffix of a mail address."""
    domain, _, name = text.rpartition("\\")
    return name.partition("@")[0].lower(), domain.lower()


def _is(text: str | None, wanted: str) -> bool:
    return text is not None and text.lower() == wanted
