"""The list of run records as a person reads it. Reads only the files that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from netlab.report import store
from netlab.report.glyphs import CROSS, TICK, printable
from netlab.report.record import Json, Report
from netlab.report.units import brief, human

_TELLING = ("mode", "modes", "questions", "urls", "url", "name", "type", "zone", "address", "target")
"""Values that speak for themselves: first, and without their names."""
_USUAL = {"host", "port", "duration_s", "warmup_s", "drain_s", "rounds", "seed", "cpus", "max_queries", "resolver"}
"""Parameters by which nobody knows a run again."""


_NOTHING: tuple[Json, ...] = (None, False, "", 0, 1, [])


def listing(names: Sequence[str], limit: int, *, width: int) -> str:
    """The first `limit` of `names` (newest first), one a line of at most `width` columns."""
    if not names:
        return "No runs are recorded yet. This makes one: netlab tcp-server --mode epoll\n"
    lines = [_line(store.load(name), width) for name in names[:limit]]
    if len(names) > limit:
        lines.append(f"… and {len(names) - limit} older: netlab runs --limit {len(names)}")
    if any("  … " in line for line in lines):
        lines.append("… was interrupted.")
    lines.append("One of them again: netlab runs show ID   (the four characters will do)")
    return "".join(f"{line}\n" for line in lines)


def _line(run: Report | store.Unreadable, width: int) -> str:
    if isinstance(run, store.Unreadable):
        return _cut(f"?     {printable(run.id)}: cannot be read, {printable(run.reason)}", width)
    mark = "…" if run.interrupted else TICK if run.passed else CROSS
    began = _local(run.started_at)
    took = human(round(run.elapsed_s, 1), "s")
    told = {name: value for name, value in run.parameters.items() if name not in _USUAL and value not in _NOTHING}
    said = " · ".join(
        [brief(told.pop(name)) for name in _TELLING if name in told]
        + [f"{name.replace('_', '-')} {brief(value)}" for name, value in told.items()]
    )
    return _cut(f"{run.id[-4:]}  {began}  {mark} {run.experiment:<12} {took:>7}  {printable(said)}", width)


def _local(started_at: str) -> str:
    """The time of the run by the reader's own clock."""
    try:
        return f"{datetime.fromisoformat(started_at).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return printable(started_at)[:16]


def _cut(line: str, width: int) -> str:
    line = line.rstrip()
    return line if len(line) <= width else line[: width - 1] + "…"
