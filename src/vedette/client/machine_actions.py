"""Following response actions to their end, and saving what they give: `defender.machine_actions.wait(action)`.

The operations stay as the catalogue declares them; here are the methods that take several calls. The asynchronous form
stands beside the blocking one, with the same arguments.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from vedette.catalogue.machine_actions import FINAL_STATUSES, MachineAction, MachineActions
from vedette.catalogue.operation import Async, Invoker, Sync
from vedette.errors import ActionFailed, ActionNotDone, NoAnswer

if TYPE_CHECKING:
    from vedette.client.downloads import Downloads

WAIT_S = 600.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
"""Between two looks, where nobody says how long."""
_LINKS = 2
"""Links that are asked for, one after the other, for one download."""
FilePath: TypeAlias = "str | os.PathLike[str]"
OnProgress = Callable[[MachineAction], object]


class BlockingMachineActions(MachineActions[Sync], base=MachineActions.BASE, resource=MachineActions.RESOURCE):
    """Response actions and what became of them."""

    def __init__(
        self,
        invoke: Invoker,
        downloads: Callable[[], Downloads],
        sleep: Callable[[float], object],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(invoke)
        self._downloads = downloads
        self._sleep = sleep
        self._clock = clock

    def wait(
        self,
        action: MachineAction | str,
        *,
        timeout_s: float = WAIT_S,
        poll_s: float | None = None,
        check: bool = False,
        on_progress: OnProgress | None = None,
    ) -> MachineAction:
        """The action after its end, however it ended; `check` raises unless it succeeded.

        `action`: an action or its id. `poll_s`: seconds between two looks; growing from half a second to ten where
        left out. `on_progress` is given the action after each look.
        Raises: ActionNotDone after `timeout_s`, with the action as last seen; ActionFailed; what the calls raise.
        """
        watch = _Watch(timeout_s, poll_s, self._clock)
        seen = self.get(action) if isinstance(action, str) else action
        while seen.status not in FINAL_STATUSES:
            watch.tell(seen, on_progress)
            self._sleep(watch.pause(seen))
            seen = self.get(seen.id)
        return watch.ended(seen, check, on_progress)

    def download_package(self, id: str, to: FilePath) -> Path:
        """Save the investigation package of an action that succeeded, as a zip file at `to`.

        What came before a break is kept beside it, and the same call goes on from there.
        Raises: NotFound while there is no package; NoAnswer; OSError.
        """
        return self._saved(lambda: self.get_package_uri(id), _target(to, f"{id}.zip"))

    def download_live_response_result(self, id: str, index: int, to: FilePath) -> Path:
        """Save what a live response command gave: JSON of a script, the packed file of a GetFile.

        Raises: as `download_package`.
        """
        return self._saved(lambda: self.get_live_response_result(id, index), _target(to, f"{id}-{index}"))

    def _saved(self, link: Callable[[], str], to: Path) -> Path:
        return _saved(self._downloads(), link, to)


class AwaitedMachineActions(MachineActions[Async], base=MachineActions.BASE, resource=MachineActions.RESOURCE):
    """As `BlockingMachineActions`, for `await`."""

    def __init__(
        self,
        invoke: Invoker,
        downloads: Callable[[], Downloads],
        sleep: Callable[[float], Any],  # Any: awaited, what it answers is not used
        clock: Callable[[], float],
    ) -> None:
        super().__init__(invoke)
        self._downloads = downloads
        self._sleep = sleep
        self._clock = clock

    async def wait(
        self,
        action: MachineAction | str,
        *,
        timeout_s: float = WAIT_S,
        poll_s: float | None = None,
        check: bool = False,
        on_progress: OnProgress | None = None,
    ) -> MachineAction:
        """The action after its end, as in the blocking form."""
        watch = _Watch(timeout_s, poll_s, self._clock)
        seen = await self.get(action) if isinstance(action, str) else action
        while seen.status not in FINAL_STATUSES:
            watch.tell(seen, on_progress)
            await self._sleep(watch.pause(seen))
            seen = await self.get(seen.id)
        return watch.ended(seen, check, on_progress)

    async def download_package(self, id: str, to: FilePath) -> Path:
        """Save an investigation package, as in the blocking form."""
        return await self._saved(lambda: self.get_package_uri(id), _target(to, f"{id}.zip"))

    async def download_live_response_result(self, id: str, index: int, to: FilePath) -> Path:
        """Save what a live response command gave, as in the blocking form."""
        return await self._saved(lambda: self.get_live_response_result(id, index), _target(to, f"{id}-{index}"))

    async def _saved(self, link: Callable[[], Awaitable[str]], to: Path) -> Path:
        import asyncio  # a program that only blocks does not load it

        loop = asyncio.get_running_loop()

        async def asked() -> str:
            return await link()

        def linked() -> str:
            return asyncio.run_coroutine_threadsafe(asked(), loop).result()

        return await asyncio.to_thread(_saved, self._downloads(), linked, to)


class _Watch:
    """How long to wait between two looks, and when it has been long enough."""

    def __init__(self, timeout_s: float, poll_s: float | None, clock: Callable[[], float]) -> None:
        self._timeout_s = timeout_s
        self._poll_s = poll_s
        self._clock = clock
        self._began = clock()
        self._pause_s = FIRST_PAUSE_S

    def tell(self, seen: MachineAction, on_progress: OnProgress | None) -> None:
        if on_progress is not None:
            on_progress(seen)

    def pause(self, seen: MachineAction) -> float:
        """Seconds until the next look. Raises: ActionNotDone when the time is up."""
        elapsed_s = self._clock() - self._began
        left_s = self._timeout_s - elapsed_s
        if left_s <= 0:
            raise ActionNotDone(
                f"{_named(seen)} is still {seen.status} after {elapsed_s:.0f} seconds",
                action=seen,
                elapsed_s=elapsed_s,
                hint=f"vedette machine-actions wait {seen.id} goes on waiting",
            )
        pause_s = self._pause_s if self._poll_s is None else self._poll_s
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 1.5)
        return min(pause_s, left_s)

    def ended(self, seen: MachineAction, check: bool, on_progress: OnProgress | None) -> MachineAction:
        self.tell(seen, on_progress)
        if check and seen.status != "Succeeded":
            said = "; ".join(error for command in seen.commands for error in command.errors)
            raise ActionFailed(
                f"{_named(seen)} ended as {seen.status}" + (f": {said}" if said else ""),
                action=seen,
                hint=f"vedette machine-actions show {seen.id}",
            )
        return seen


def _named(action: MachineAction) -> str:
    return f"{action.type} on {action.computer_dns_name or action.machine_id or 'a machine'}"


def _target(to: FilePath, name: str) -> Path:
    path = Path(to)
    return path / name if path.is_dir() else path


def _saved(downloads: Downloads, link: Callable[[], str], to: Path) -> Path:
    """Follow a link, and a second one where the first has ended; put the file in place of one of its name."""
    from vedette.client.downloads import LinkEnded

    fresh = to.with_name(f"{to.name}.new")
    fresh.unlink(missing_ok=True)  # a download keeps a file that is there already
    fresh.parent.mkdir(parents=True, exist_ok=True)
    for left in reversed(range(_LINKS)):
        try:
            # The documentation's sample has the link in a second pair of quotes.
            downloads.fetch(link().strip('"'), fresh)
        except LinkEnded as ended:
            if not left:
                raise NoAnswer(
                    f"the link to {to.name} ended before the file came", hint="the same call asks for a new one"
                ) from ended
        else:
            break
    fresh.replace(to)
    return to
