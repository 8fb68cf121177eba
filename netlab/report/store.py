"""Run records: one JSON file a run, in the XDG state directory. Saved whole or not at all; the newest are kept.

Two netlab commands may save at the same time: each writes a file of its own and renames it into place (rename(2)
is atomic), and pruning takes no offence at a file that another one has already removed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from netlab.errors import UsageError
from netlab.report import as_json
from netlab.report.record import Report

KEEP = 500
_LARGEST_BYTES = 64 << 20  # of a record that is read back; a summary is some kilobytes
_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9-]+-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file in the folder that is no record: it is listed, never removed."""

    id: str
    reason: str


def state_folder() -> Path:
    """$XDG_STATE_HOME/netlab (~/.local/state/netlab): what outlives a command. Not created here."""
    from platformdirs import user_state_path

    return user_state_path("netlab")


def runs_folder() -> Path:
    """Where the run records lie."""
    return state_folder() / "runs"


def save(report: Report, folder: Path | None = None) -> Path:
    """Write the record and return its path; raises OSError (no space, no permission) and then leaves nothing behind."""
    folder = folder or runs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.id}.json"
    unfinished = folder / f".{report.id}.{os.getpid()}.unfinished"
    try:
        unfinished.write_text(as_json.dumps(report), encoding="utf-8", errors="backslashreplace")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _prune(folder)
    return path


def ids(folder: Path | None = None) -> list[str]:
    """Names of all records, newest first; other files that end in .json come last."""
    folder = folder or runs_folder()
    try:
        names = [path.stem for path in folder.iterdir() if path.suffix == ".json"]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None
    return sorted(names, key=lambda name: (_ID.fullmatch(name) is not None, name), reverse=True)


def load(name: str, folder: Path | None = None) -> Report | Unreadable:
    """The record of exactly this name, or why it cannot be read."""
    path = (folder or runs_folder()) / f"{name}.json"
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            return Unreadable(name, "larger than any record")
        return as_json.loads(data.decode())
    except UsageError as error:
        return Unreadable(name, error.message)
    except OSError as error:
        return Unreadable(name, error.strerror or str(error))
    except UnicodeDecodeError as error:
        return Unreadable(name, f"not UTF-8 at byte {error.start}")


def find(wanted: str, folder: Path | None = None) -> str:
    """The id meant by `wanted`: a whole id, the beginning or the end of just one, or "last". UsageError otherwise."""
    names = ids(folder)
    if wanted == "last":
        names = [name for name in names if _ID.fullmatch(name)]
        if not names:
            raise UsageError("there are no run records yet", "netlab tcp-server --mode epoll makes one")
        return names[0]
    if wanted in names:
        return wanted
    near = [name for name in names if wanted and (name.startswith(wanted) or name.endswith(wanted))]
    if len(near) == 1:
        return near[0]
    if near:
        raise UsageError(f"'{wanted}' means {len(near)} run records", f"the newest of them is {near[0]}")
    raise UsageError(f"no run record is called '{wanted}'", "netlab runs lists them; 'last' is the newest")


def _prune(folder: Path) -> None:
    """Remove our oldest records beyond KEEP; what we have not written is left alone."""
    ours = [name for name in ids(folder) if _ID.fullmatch(name)]
    for name in ours[KEEP:]:
        try:
            (folder / f"{name}.json").unlink(missing_ok=True)
        except OSError:
            return  # the new record is safe; the next run tries again
