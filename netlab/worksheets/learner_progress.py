"""What a learner has done on a worksheet: one JSON file each in the state folder, replaced whole at every change.

rename(2) is atomic, so a Ctrl-C or a kill leaves either the state before or the one after. Whether an answer is right
is not kept: that is worked out again from the run records, each time.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import cast

from netlab.codec import DecodeError, Json, decode, encode
from netlab.errors import UsageError
from netlab.report.store import state_folder

SCHEMA = "netlab.lab-progress/1"


@dataclass(slots=True)
class LearnerAnswer:
    """An answer as it was typed. `blind`: no run could have told it, for it was given before there was one."""

    given: str
    at: str  # ISO 8601, UTC
    confidence: float | None = None  # of a prediction, 0.5 to 1
    blind: bool = True
    record: str = ""  # the id of the run record that it was read from


@dataclass(slots=True)
class LearnerProgress:
    """All of one worksheet. Keys are ids of steps."""

    lab: str
    since: str = ""  # runs before this moment do not count: set by a reset
    touched: str = ""
    answers: dict[str, LearnerAnswer] = field(default_factory=dict)
    tries: dict[str, list[str]] = field(default_factory=dict)  # every answer in order
    runs: dict[str, str] = field(default_factory=dict)  # ids of the run records that the walker made
    hints: dict[str, int] = field(default_factory=dict)  # how many have been shown

    @property
    def has_work(self) -> bool:
        """True when somebody has done something; a reset alone is nothing."""
        return bool(self.answers or self.tries or self.runs or self.hints)

    @property
    def begun(self) -> bool:
        return bool(self.touched)


def now() -> str:
    """This moment as it is written in progress and run records."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def path_of(sheet_id: str) -> Path:
    return state_folder() / "labs" / f"{sheet_id}.json"


def load(sheet_id: str) -> LearnerProgress:
    """The progress kept, or an empty one. UsageError where the file cannot be read."""
    path = path_of(sheet_id)
    try:
        document = _read(path)
        if document.pop("schema", None) != SCHEMA:
            raise ValueError(f"not a {SCHEMA} document")
        return replace(decode(LearnerProgress, document), lab=sheet_id)
    except FileNotFoundError:
        return LearnerProgress(sheet_id)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, DecodeError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}", f"netlab lab reset {sheet_id} puts it aside") from None


def _read(path: Path) -> dict[str, Json]:
    document: Json = json.loads(path.read_bytes())
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document


@contextmanager
def changing(sheet_id: str) -> Iterator[LearnerProgress]:
    """The progress as it is on disk now, saved at the end unless something is raised.

    Others who change it wait until then (flock(2)): nothing is lost where a worksheet is open in two terminals.
    UsageError where it cannot be read or saved.
    """
    path = path_of(sheet_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("a")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "progress is not saved") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        progress = load(sheet_id)
        yield progress
        save(progress)


def save(progress: LearnerProgress) -> None:
    """Replace the file. UsageError where that is impossible."""
    progress.touched = now()
    path = path_of(progress.lab)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    document = {"schema": SCHEMA} | cast("dict[str, Json]", encode(progress))
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "progress is not saved") from None
    finally:
        if unfinished.exists():
            unfinished.unlink(missing_ok=True)


def reset(sheet_id: str) -> Path | None:
    """Begin anew: runs so far no longer count. What was there is kept beside it, as .before, .before2 and so on.

    Returns where it is kept; None where there was nothing to keep.
    """
    path = path_of(sheet_id)
    try:
        worth_keeping = load(sheet_id).has_work
    except UsageError:
        worth_keeping = True
    kept = _free(path) if worth_keeping else None
    if kept is not None:
        try:
            path.replace(kept)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None
    save(LearnerProgress(sheet_id, since=now()))
    return kept


def _free(path: Path) -> Path:
    names = chain([".before"], (f".before{number}" for number in count(2)))
    return next(each for name in names if not (each := path.with_suffix(name)).exists())


def touched(sheet_id: str) -> str:
    """When it was last worked on, "" for never or for a file that cannot be read."""
    try:
        return load(sheet_id).touched
    except UsageError:
        return ""
