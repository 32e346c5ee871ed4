"""Brings files that machines gave to this machine: investigation packages and results of live response.

Links live for minutes, so each is asked for right before it is followed. They lead to storage that takes no token.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette import Defender


def save_package(defender: Defender, action_id: str, to: Path) -> None:
    """The package of an action that has ended well, as a ZIP file. Raises: ServiceError, NoAnswer, OSError."""
    save(defender, defender.machine_actions.get_package_uri(action_id), to)


def save_result(defender: Defender, action_id: str, index: int, to: Path) -> None:
    """What one live response command gave. Raises: as `save_package`."""
    save(defender, defender.machine_actions.get_live_response_result(action_id, index), to)


def save(defender: Defender, link: str, to: Path) -> None:
    """The file behind a link, put in place of a file of that name. Raises: NoAnswer, OSError."""
    from vedette.client.downloads import LinkEnded
    from vedette.errors import NoAnswer

    fresh = to.with_name(f"{to.name}.new")
    fresh.unlink(missing_ok=True)  # a download keeps a file that is there already
    fresh.parent.mkdir(parents=True, exist_ok=True)
    try:
        # A sample's link has a second pair of quotes around it.
        defender._file_downloads().fetch(link.strip('"'), fresh)
    except LinkEnded as error:
        raise NoAnswer("the link ended before the file came", hint="the same command asks for a new one") from error
    fresh.replace(to)
