"""What `externaldata` may read: local files below allowed folders, and URLs of allowed hosts. Nothing by default."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from vedette.errors import QueryError, QueryLimitExceeded
from vedette.hunting.columns import ENGINE_TYPE, span_ticks
from vedette.hunting.limits import RESOURCES_TEXT
from vedette.hunting.names import listed, literal, quoted
from vedette.kql.compiled import ExternalFile
from vedette.kql.schema import Column
from vedette.kql.ticks import EPOCH_TICKS

_REDIRECTS: Final = 5
_DELIMITERS: Final = {"csv": ",", "tsv": "\t", "tsve": "\t", "psv": "|", "scsv": ";", "sohsv": "\x01", "ssv": ";"}
_JSON: Final = ("json", "multijson", "singlejson")
FORMATS: Final = (*_DELIMITERS, "txt", "raw", *_JSON, "parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What queries may read besides the tables.

    folders: local files below these. hosts: names of hosts that files may be fetched from, by HTTP or HTTPS.
    """

    folders: tuple[Path, ...] = ()
    hosts: frozenset[str] = frozenset()
    max_bytes: int = 256 * 1024**2
    """Of one file, as it comes and unpacked."""
    timeout_s: float = 60

    def resolve(self, address: str, into: Path) -> Path:
        """The local file for an address; one from a URL is stored below `into`.

        Raises: QueryError when the address is not allowed, saying how to allow it.
        """
        # What follows a semicolon (keys, tokens) is for storage services of the real product.
        place = address.partition(";")[0] if "://" in address else address
        parts = urlsplit(place)
        if parts.scheme in ("http", "https"):
            return self._unpacked(self._fetched(parts, into), into)
        if parts.scheme == "file":
            place = unquote(parts.path)
        elif "://" in place:
            raise QueryError(f"externaldata cannot read {_shown(place)}: only files, http and https addresses are read")
        return self._unpacked(self._local(Path(place)), into)

    def _local(self, path: Path) -> Path:
        candidates = [path] if path.is_absolute() else [folder / path for folder in self.folders]
        allowed = [folder.resolve() for folder in self.folders]
        inside = [
            real
            for candidate in candidates
            for real in [candidate.resolve()]
            if any(real.is_relative_to(folder) for folder in allowed)
        ]
        if not inside:
            raise QueryError(
                f"externaldata may not read the file {path}",
                hint="Allow its folder: Engine(..., outside=Outside(folders=(Path(FOLDER),))).",
            )
        for file in inside:
            if file.is_file():
                return file
        raise QueryError(f"externaldata: there is no file {path} in the allowed folders")

    def _fetched(self, parts: SplitResult, into: Path) -> Path:
        import httpx2 as http

        address = parts.geturl()
        into.mkdir(parents=True, exist_ok=True)
        suffixes = "".join(Path(unquote(parts.path)).suffixes[-2:])
        target = into / (hashlib.sha256(address.encode()).hexdigest()[:32] + suffixes)
        try:
            with http.Client(timeout=self.timeout_s, follow_redirects=False) as client:
                for _ in range(_REDIRECTS + 1):
                    self._check(address)
                    with client.stream("GET", address) as answer:
                        if answer.is_redirect:
                            address = urljoin(address, answer.headers.get("location", ""))
                            continue
                        if answer.status_code != 200:
                            raise QueryError(f"externaldata: {_shown(address)} answered {answer.status_code}")
                        size = 0
                        with target.open("wb") as file:
                            for piece in answer.iter_bytes():
                                size += len(piece)
                                if size > self.max_bytes:
                                    raise self._too_large(address)
                                file.write(piece)
                        return target
        except http.HTTPError as error:
            raise QueryError(f"externaldata: {_shown(address)} gave no answer ({type(error).__name__})") from error
        raise QueryError(f"externaldata: {_shown(parts.geturl())} redirects too often")

    def _check(self, address: str) -> None:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https") or host not in {name.lower() for name in self.hosts}:
            raise QueryError(
                f"externaldata may not fetch {_shown(address)}",
                hint=f"Allow the host: Engine(..., outside=Outside(hosts=frozenset({{{host!r}}}))).",
            )

    def _unpacked(self, file: Path, into: Path) -> Path:
        """The one file of a ZIP archive; any other file as it is. DuckDB unpacks .gz and .zst itself."""
        if file.suffix.lower() != ".zip":
            return file
        try:
            with zipfile.ZipFile(file) as archive:
                members = [member for member in archive.infolist() if not member.is_dir()]
                if len(members) != 1:
                    raise QueryError(f"externaldata: the archive has {len(members)} files, and one is read")
                into.mkdir(parents=True, exist_ok=True)
                target = into / (hashlib.sha256(str(file).encode()).hexdigest()[:32] + Path(members[0].filename).suffix)
                size = 0
                with archive.open(members[0]) as source, target.open("wb") as unpacked:
                    while piece := source.read(1024**2):
                        size += len(piece)
                        if size > self.max_bytes:
                            raise self._too_large(members[0].filename)
                        unpacked.write(piece)
                return target
        except zipfile.BadZipFile as error:
            raise QueryError(f"externaldata: {file.name} is not a ZIP archive") from error

    def _too_large(self, address: str) -> QueryLimitExceeded:
        return QueryLimitExceeded(
            f"externaldata: {_shown(address)} has more than {self.max_bytes:,} bytes.",
            limit="bytes",
            allowed=self.max_bytes,
            service_text=RESOURCES_TEXT,
        )


def reading(external: ExternalFile, files: Sequence[Path]) -> str:
    """The SELECT that reads the files of an `externaldata`. What does not fit a column's type is null, as in Kusto."""
    paths = [str(file) for file in files]
    form = external.format.lower() or _guessed(files[0])
    skip = _is_true(external.options.get("ignoreFirstRecord"))
    if form in _DELIMITERS:
        return _delimited(external.columns, paths, _DELIMITERS[form], skip)
    if form in ("txt", "raw"):
        return _lines(external.columns, paths, whole=form == "raw", skip=skip)
    if form in _JSON:
        return _objects(external.columns, paths)
    if form == "parquet":
        values = [(column, f"CAST({quoted(column.name)} AS VARCHAR)") for column in external.columns]
        return f"SELECT {_values(values)} FROM read_parquet({listed(paths)}, union_by_name = true)"  # noqa: S608  (quoted)
    raise QueryError(
        f"externaldata cannot read the format {external.format}", hint=f"Known formats: {', '.join(FORMATS)}."
    )


def _delimited(columns: Sequence[Column], paths: Sequence[str], delimiter: str, skip: bool) -> str:
    places = [f"c{place}" for place in range(len(columns))]
    types = ", ".join(f"{literal(place)}: 'VARCHAR'" for place in places)
    quote = "'\"'" if delimiter in (",", ";", "|") else "''"
    source = (
        f"read_csv({listed(paths)}, auto_detect = false, header = false, skip = {int(skip)}, "
        f"delim = {literal(delimiter)}, quote = {quote}, escape = {quote}, columns = {{{types}}}, "
        "null_padding = true, strict_mode = false, ignore_errors = true, parallel = false)"
    )
    return f"SELECT {_values(zip(columns, map(quoted, places), strict=True))} FROM {source}"  # noqa: S608  (quoted)


def _lines(columns: Sequence[Column], paths: Sequence[str], *, whole: bool, skip: bool) -> str:
    text = "content" if whole else "unnest(string_split(regexp_replace(content, '\\r?\\n$', ''), chr(10)))"
    source = f"SELECT filename, {text} AS line FROM read_text({listed(paths)})"  # noqa: S608  (quoted)
    if skip and not whole:
        source = (
            f"SELECT line FROM (SELECT line, row_number() OVER (PARTITION BY filename) AS place FROM ({source})) "  # noqa: S608  (quoted)
            "WHERE place > 1"
        )
    values = [(column, "rtrim(line, chr(13))" if place == 0 else "NULL") for place, column in enumerate(columns)]
    return f"SELECT {_values(values)} FROM ({source})"  # noqa: S608  (quoted)


def _objects(columns: Sequence[Column], paths: Sequence[str]) -> str:
    values = []
    for column in columns:
        path = '$."' + column.name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        get = "json_extract" if column.type == "dynamic" else "json_extract_string"
        values.append((column, f"{get}(json, {literal(path)})"))
    return f"SELECT {_values(values)} FROM read_json_objects({listed(paths)})"  # noqa: S608  (quoted)


def _values(values: Iterable[tuple[Column, str]]) -> str:
    return ", ".join(f"{_typed(column, text)} AS {quoted(column.physical)}" for column, text in values)


def _typed(column: Column, text: str) -> str:
    """SQL for a text as a value of a column's type; null where it does not fit."""
    match column.type:
        case "string":
            return f"coalesce(CAST({text} AS VARCHAR), '')"
        case "guid":
            return f"lower(nullif(trim({text}), ''))"
        case "dynamic":
            return (
                f"CASE WHEN nullif(CAST({text} AS VARCHAR), '') IS NULL THEN NULL "
                f"WHEN json_valid(CAST({text} AS VARCHAR)) THEN CAST({text} AS VARCHAR) "
                f"ELSE CAST(to_json(CAST({text} AS VARCHAR)) AS VARCHAR) END"
            )
        case "timespan":
            return span_ticks(f"CAST({text} AS VARCHAR)")
        case "datetime":
            stamp = f"CAST(TRY_CAST(trim({text}) AS TIMESTAMPTZ_NS) AS TIMESTAMP_NS)"
            if column.encoding == "ns":
                return stamp
            if column.encoding == "us":
                return f"CAST(TRY_CAST(trim({text}) AS TIMESTAMPTZ) AS TIMESTAMP)"
            # Nanoseconds reach from 1678 to 2261 only.
            further = f"epoch_us(TRY_CAST(trim({text}) AS TIMESTAMPTZ)) * 10"
            return f"coalesce(epoch_ns({stamp}) // 100, {further}) + {EPOCH_TICKS}"
        case kind:
            return f"TRY_CAST(trim({text}) AS {ENGINE_TYPE[kind]})"


def _guessed(file: Path) -> str:
    endings = [ending.lower().lstrip(".") for ending in file.suffixes if ending.lower() not in (".gz", ".zst", ".zip")]
    ending = endings[-1] if endings else ""
    return {"jsonl": "multijson", "ndjson": "multijson", "json": "multijson"}.get(
        ending, ending if ending in FORMATS else "csv"
    )


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _shown(address: str) -> str:
    """An address without what may be secret in it: user, query and fragment."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}" if parts.scheme else address
