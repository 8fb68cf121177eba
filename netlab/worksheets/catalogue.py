"""Where worksheets lie, and which one is meant.

In order: --labs-dir, $NETLAB_LABS, the folder that the wheel carries (netlab/worksheets/sheets), labs/ beside the
package in a checkout.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from netlab.errors import UsageError
from netlab.worksheets import learner_progress
from netlab.worksheets.load import load
from netlab.worksheets.model import Sheet

VARIABLE = "NETLAB_LABS"


def folder_of(given: Path | None = None) -> Path:
    """The folder of worksheets; UsageError where there is none."""
    here = Path(__file__).parent
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is not None:
        if not named.is_dir():
            raise UsageError(f"{named}: there is no such folder of worksheets", f"--labs-dir or {VARIABLE} names it")
        return named
    for folder in (here / "sheets", here.parents[1] / "labs"):
        if folder.is_dir():
            return folder
    raise UsageError("this netlab came without worksheets", f"--labs-dir or {VARIABLE} names a folder of them")


def _place(sheet: Sheet) -> tuple[int, int, str]:
    return sheet.lecture, sheet.order, sheet.id


def _touched(sheet: Sheet) -> str:
    return learner_progress.touched(sheet.id)


class Catalogue(list[Sheet]):
    """The worksheets that can be read, by lecture; `broken` says of the others, by name, why they cannot."""

    def __init__(self, good: Iterable[Sheet], broken: Mapping[str, UsageError]) -> None:
        super().__init__(sorted(good, key=_place))
        self.broken = dict(broken)


def sheets(folder: Path) -> Catalogue:
    """All worksheets. UsageError where there is none, or none that can be read."""
    try:
        found = [path for path in sorted(folder.iterdir()) if (path / "lab.toml").is_file()]
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None
    if not found:
        raise UsageError(f"{folder}: no worksheets there; each is a folder with a lab.toml")
    good: list[Sheet] = []
    broken: dict[str, UsageError] = {}
    for path in found:
        try:
            good.append(load(path))
        except UsageError as error:
            broken[path.name] = error
    if not good:
        raise next(iter(broken.values()))
    return Catalogue(good, broken)


def find(wanted: str, among: Sequence[Sheet]) -> Sheet:
    """The sheet meant by its name, a part of it, or a lecture's number.

    Of several in a lecture it is the one worked on last, or else the first. UsageError where none is meant, or one
    that cannot be read.
    """
    broken = among.broken if isinstance(among, Catalogue) else {}
    if wanted in broken:
        raise broken[wanted]
    if wanted.isdecimal():
        of_lecture = [sheet for sheet in among if sheet.lecture == int(wanted)]
        if of_lecture:
            return max(of_lecture, key=_touched)  # the first of equals
        lectures = sorted({sheet.lecture for sheet in among})
        raise UsageError(f"no worksheet for lecture {wanted}", f"there are some for {', '.join(map(str, lectures))}")
    exact = [sheet for sheet in among if sheet.id == wanted]
    near = exact or [sheet for sheet in among if wanted.lower() in sheet.id]
    if len(near) == 1:
        return near[0]
    if near:
        raise UsageError(f"'{wanted}' means {len(near)} worksheets", ", ".join(sheet.id for sheet in near))
    for name, error in broken.items():
        if wanted.lower() in name:
            raise error
    close = get_close_matches(wanted, [sheet.id for sheet in among], 1, 0.3)
    raise UsageError(f"no worksheet is called '{wanted}'", close[0] if close else "netlab lab lists them")


def question(wanted: str, among: Sequence[Sheet]) -> tuple[Sheet, int]:
    """ "13.4" or "sockets.4": the worksheet, and the number of a step in it."""
    name, dot, number = wanted.rpartition(".")
    if not dot or not number.isdecimal():
        raise UsageError(f"'{wanted}' names no question", "13.4 is step 4 of the worksheet of lecture 13; or sockets.4")
    sheet = find(name, among)
    if not 1 <= int(number) <= len(sheet.steps):
        raise UsageError(f"{sheet.id} has steps 1 to {len(sheet.steps)}, no step {number}")
    return sheet, int(number)
