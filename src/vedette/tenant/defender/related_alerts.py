"""Alerts that something takes part in: a file, an address, a domain, an account. Asked of the alerts' evidence."""

from __future__ import annotations

import json
from collections.abc import Callable

from vedette.catalogue.alerts import Alert
from vedette.tenant.call import Call
from vedette.tenant.store.collection import Selection


def related(call: Call, text: str, is_named: Callable[[Alert], bool]) -> Selection[Alert]:
    """The alerts within the caller's device groups that name something.

    `text` stands somewhere in the body of every such alert, in whatever letter case; `is_named` decides.
    """
    everything: Selection[Alert] = call.visible(call.store.alerts.all())
    if text.isascii() and json.dumps(text) == f'"{text}"':
        everything = everything.narrowed("instr(lower(CAST(full AS TEXT)), ?) > 0", [text.lower()])
    ids = [found.id for found in everything if is_named(found)]
    return call.store.alerts.all().narrowed('"id" IN (SELECT value FROM json_each(?))', [json.dumps(ids)])
