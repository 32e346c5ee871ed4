"""Whole exports for `await` and `async for`; the work is done in threads, by the blocking form of `exports`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from vedette.catalogue.exported_rows import (
    AssetBaselineAssessment,
    AssetBrowserExtension,
    AssetCertificateAssessment,
    AssetConfiguration,
    AssetHardwareFirmware,
    AssetNonCpeSoftware,
    AssetSoftware,
    AssetVulnerability,
    DeltaAssetVulnerability,
)
from vedette.catalogue.exports import Exports
from vedette.catalogue.operation import Arguments, Async, Invoker, Operation
from vedette.catalogue.page import AsyncPaged, Paged
from vedette.client.changes import Changes
from vedette.client.downloads import Downloads
from vedette.client.exports import WORKERS, BlockingExports, OnProgress
from vedette.client.file_exports import Export, ExportFile, Written

T = TypeVar("T")
Made = TypeVar("Made")


class AwaitedExports(Exports[Async], base=Exports.BASE, resource=Exports.RESOURCE):
    """As `BlockingExports`, for `await` and `async for`."""

    def __init__(self, invoke: Invoker, downloads: Callable[[], Downloads], now: Callable[[], datetime]) -> None:
        super().__init__(invoke)
        self._downloads = downloads
        self._now = now

    def _in_threads(self, loop: asyncio.AbstractEventLoop) -> BlockingExports:
        """The blocking form, whose calls are carried out by this client on its own loop."""

        # Any: what the operation answers.
        def invoke(operation: Operation[Any, Any], arguments: Arguments, /) -> Any:
            answer = self._invoke(operation, arguments)
            if not isinstance(answer, AsyncPaged):
                return asyncio.run_coroutine_threadsafe(answer, loop).result()
            pages = answer.pages()

            async def following() -> Any:
                return await anext(pages)

            def fetch(link: str | None) -> Any:
                return asyncio.run_coroutine_threadsafe(following(), loop).result()

            return Paged(fetch)

        return BlockingExports(invoke, self._downloads, self._now)

    def secure_configuration(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetConfiguration]:
        """How each setting of each machine stands."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).secure_configuration(
                sas_valid_hours=sas_valid_hours, workers=workers, on_progress=on_progress
            )
        )

    def software_inventory(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetSoftware]:
        """The software of each machine."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).software_inventory(
                sas_valid_hours=sas_valid_hours, workers=workers, on_progress=on_progress
            )
        )

    def non_cpe_software(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetNonCpeSoftware]:
        """The software without a CPE of each machine."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).non_cpe_software(
                sas_valid_hours=sas_valid_hours, workers=workers, on_progress=on_progress
            )
        )

    def software_vulnerabilities(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetVulnerability]:
        """The vulnerable software of each machine."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).software_vulnerabilities(
                sas_valid_hours=sas_valid_hours, workers=workers, on_progress=on_progress
            )
        )

    def browser_extensions(
        self, *, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetBrowserExtension]:
        """The browser extensions of each machine."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).browser_extensions(workers=workers, on_progress=on_progress)
        )

    def certificates(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetCertificateAssessment]:
        """The certificates of each machine."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).certificates(
                sas_valid_hours=sas_valid_hours, workers=workers, on_progress=on_progress
            )
        )

    def hardware_firmware(
        self, *, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetHardwareFirmware]:
        """The hardware and firmware of each machine."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).hardware_firmware(workers=workers, on_progress=on_progress)
        )

    def baseline_compliance(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[AssetBaselineAssessment]:
        """How each machine meets its security baselines."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).baseline_compliance(
                sas_valid_hours=sas_valid_hours, workers=workers, on_progress=on_progress
            )
        )

    def information_gathering(
        self, *, sas_valid_hours: int | None = None, workers: int = WORKERS, on_progress: OnProgress | None = None
    ) -> AsyncExport[dict[str, Any]]:
        """What was gathered about each machine, its antivirus among it; rows are dicts, as no type is documented."""
        return AsyncExport(
            lambda loop: self._in_threads(loop).information_gathering(
                sas_valid_hours=sas_valid_hours, workers=workers, on_progress=on_progress
            )
        )

    def software_vulnerability_changes(
        self, *, since: datetime | None = None, state: str | os.PathLike[str] | None = None
    ) -> AsyncChanges:
        """Which vulnerabilities came, went or changed since a time, or since the last run."""
        return AsyncChanges(
            lambda loop: self._in_threads(loop).software_vulnerability_changes(since=since, state=state)
        )


class _Threaded(Generic[Made]):
    """Something blocking that is made on the first use, for the loop that runs then."""

    def __init__(self, make: Callable[[asyncio.AbstractEventLoop], Made]) -> None:
        self._make = make
        self._made: Made | None = None

    def _blocking(self) -> Made:
        if self._made is None:
            self._made = self._make(asyncio.get_running_loop())
        return self._made


async def _each(blocks: Iterator[list[T]]) -> AsyncIterator[T]:
    try:
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            for row in block:
                yield row
    finally:
        close: Callable[[], None] = blocks.close  # type: ignore[attr-defined]  # it is a generator
        await asyncio.to_thread(close)


class AsyncExport(_Threaded[Export[T]], Generic[T]):
    """`Export` for `await` and `async for`."""

    async def files(self) -> Sequence[ExportFile]:
        """As `Export.files`."""
        export = self._blocking()
        return await asyncio.to_thread(lambda: export.files)

    async def generated_time(self) -> datetime | None:
        """As `Export.generated_time`."""
        export = self._blocking()
        return await asyncio.to_thread(lambda: export.generated_time)

    def __aiter__(self) -> AsyncIterator[T]:
        return self.rows()

    def rows(self) -> AsyncIterator[T]:
        """As `Export.rows`."""
        return _each(self._blocking().blocks())

    async def download(self, folder: str | os.PathLike[str]) -> list[Path]:
        """As `Export.download`."""
        return await asyncio.to_thread(self._blocking().download, folder)

    async def to_jsonl(self, path: str | os.PathLike[str]) -> Written:
        """As `Export.to_jsonl`."""
        return await asyncio.to_thread(self._blocking().to_jsonl, path)

    async def to_csv(self, path: str | os.PathLike[str]) -> Written:
        """As `Export.to_csv`."""
        return await asyncio.to_thread(self._blocking().to_csv, path)

    async def to_parquet(self, path: str | os.PathLike[str]) -> Written:
        """As `Export.to_parquet`."""
        return await asyncio.to_thread(self._blocking().to_parquet, path)

    async def to_arrow(self) -> Any:  # Any: pyarrow.Table
        """As `Export.to_arrow`."""
        return await asyncio.to_thread(self._blocking().to_arrow)

    async def to_polars(self) -> Any:  # Any: polars.DataFrame
        """As `Export.to_polars`."""
        return await asyncio.to_thread(self._blocking().to_polars)

    async def to_pandas(self) -> Any:  # Any: pandas.DataFrame
        """As `Export.to_pandas`."""
        return await asyncio.to_thread(self._blocking().to_pandas)


class AsyncChanges(_Threaded[Changes]):
    """`Changes` for `await` and `async for`."""

    def __aiter__(self) -> AsyncIterator[DeltaAssetVulnerability]:
        return self.rows()

    def rows(self) -> AsyncIterator[DeltaAssetVulnerability]:
        """As `Changes.rows`."""
        return _each(self._blocking().blocks())

    async def to_jsonl(self, path: str | os.PathLike[str]) -> int:
        """As `Changes.to_jsonl`."""
        return await asyncio.to_thread(self._blocking().to_jsonl, path)

    async def to_csv(self, path: str | os.PathLike[str]) -> int:
        """As `Changes.to_csv`."""
        return await asyncio.to_thread(self._blocking().to_csv, path)

    async def to_parquet(self, path: str | os.PathLike[str]) -> int:
        """As `Changes.to_parquet`."""
        return await asyncio.to_thread(self._blocking().to_parquet, path)
