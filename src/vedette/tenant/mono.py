"""Lets Mono programs trust the tenant's certificate authority.

Mono heeds no variable for that: it reads a folder among the user's configuration. `vedette run` gives the program a
configuration folder of its own in which everything is as in the real one, but for that folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from vedette.tenant.certificates import Certificates

_TRUST = (".mono", "new-certs", "Trust")


def configuration_home(certificates: Certificates, scratch: Path, base: Mapping[str, str]) -> Path | None:
    """A value for `XDG_CONFIG_HOME` under which Mono trusts the CA; None where Mono is not installed.

    Folders of the real configuration are linked, so what programs keep there stays; what they put beside them is gone
    at the end.
    """
    if shutil.which("mono", path=base.get("PATH")) is None:
        return None
    given = base.get("XDG_CONFIG_HOME", "")
    real = Path(given) if given.startswith("/") else Path(base.get("HOME") or Path.home()) / ".config"
    made = scratch / "config"
    made.mkdir(mode=0o700)
    _overlay(real, made, _TRUST)
    authority = made.joinpath(*_TRUST, certificates.mono_name)
    authority.unlink(missing_ok=True)
    shutil.copyfile(certificates.ca_bundle, authority)
    return made


def _overlay(real: Path, made: Path, path: tuple[str, ...]) -> None:
    """Link everything from `real` into `made`, but make the folders of `path` anew, so that they can be added to."""
    for entry in real.iterdir() if real.is_dir() else ():
        if not path or entry.name != path[0]:
            (made / entry.name).symlink_to(entry)
    if path:
        (made / path[0]).mkdir(mode=0o700)
        _overlay(real / path[0], made / path[0], path[1:])
