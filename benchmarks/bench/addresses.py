"""Merging prefixes and finding the longest match: netlab's commands beside C programs and Python libraries.

Each program reads the same files and writes its whole answer to a file; the answers are compared. Times are of whole
processes, start included; the programs of a section take turns, and a ratio is of two times of the same round.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import prefixes
from .ratios import Target, spread, verdict
from .rounds import Placement, Settings
from .servers import BUILD, HERE, netlab_command, netlab_environment
from .table import Result, number

Say = Callable[[str], None]
NETLAB = "netlab"
MERGED = 1_000_000
MERGED_QUICK = 100_000  # for the libraries, which take half a minute or more for a million
LOOKED_UP, ROUTES = 1_000_000, 100_000
_PYTHON = str(BUILD / "venv" / "bin" / "python")
_PATIENCE_S = 600.0


@dataclass(frozen=True)
class Program:
    """What to start, and what the ratio to netlab should be. `needs`: the Debian package it is in.

    inverse: the ratio is its time to netlab's, for targets of the form "so many times faster".
    """

    name: str
    command: list[str]
    target: Target | None = None
    inverse: bool = False
    needs: str = ""
    reported: bool = False  # its time is what it says on stderr, not that of the whole process


@dataclass(frozen=True)
class Took:
    """One run of a program."""

    wall_s: float
    peak_bytes: int


def merge_fast(settings: Settings, placement: Placement, say: Say) -> Result:
    """A million IPv4 prefixes by netlab and by iprange, a C program."""
    file = str(prefixes.version4(MERGED))
    return _compare(
        f"Addresses: merge {MERGED:,} IPv4 prefixes from a file, against C",
        [
            Program(NETLAB, netlab_command("cidr", "merge", file)),
            Program("iprange", ["iprange", file], Target("netlab ≤ 4 ×", 4.0, at_most=True), needs="iprange"),
        ],
        3 if settings.quick else min(settings.rounds, 7),
        placement,
        say,
    )


def merge_libraries(version: int, settings: Settings, placement: Placement, say: Say) -> Result:
    """As many by the Python libraries."""
    count = MERGED_QUICK if settings.quick else MERGED
    file = str(prefixes.version4(count) if version == 4 else prefixes.version6(count))
    target = None if settings.quick else Target("netlab ≥ 8 × faster", 8.0)  # said of a million
    return _compare(
        f"Addresses: merge {count:,} IPv{version} prefixes from a file, against Python libraries",
        [
            Program(NETLAB, netlab_command("cidr", "merge", file)),
            Program("netaddr.cidr_merge", _peer("merge_netaddr", file), target, inverse=True),
            Program("ipaddress.collapse_addresses", _peer("merge_ipaddress", file), target, inverse=True),
        ],
        3 if settings.quick else 1,
        placement,
        say,
    )


def lookup(settings: Settings, placement: Placement, say: Say) -> Result:
    """The whole task: read both files, build the table, answer each address."""
    files = str(prefixes.routes(ROUTES)), str(prefixes.destinations(LOOKED_UP, ROUTES))
    target = Target("netlab ≤ 1.5 ×", 1.5, at_most=True)
    return _compare(
        f"Addresses: longest match of {LOOKED_UP:,} addresses in {ROUTES:,} prefixes, files in, file out",
        [
            Program(NETLAB, netlab_command("cidr", "lookup", *files)),
            Program("pytricia", _peer("lookup_pytricia", *files), target),
        ],
        3 if settings.quick else min(settings.rounds, 7),
        placement,
        say,
    )


def lookup_alone(settings: Settings, placement: Placement, say: Say) -> Result:
    """Only the lookups, from text in memory to answers in memory."""
    files = str(prefixes.routes(ROUTES)), str(prefixes.destinations(LOOKED_UP, ROUTES))
    target = Target("netlab ≤ 1.5 ×", 1.5, at_most=True)
    return _compare(
        f"Addresses: the same {LOOKED_UP:,} lookups alone, from text in memory to answers in memory",
        [
            Program(NETLAB, [netlab_command()[0], str(HERE / "peers" / "lookup_netlab.py"), *files], reported=True),
            Program("pytricia", _peer("lookup_pytricia", *files), target, reported=True),
        ],
        3 if settings.quick else min(settings.rounds, 7),
        placement,
        say,
    )


def _compare(title: str, programs: Sequence[Program], rounds: int, placement: Placement, say: Say) -> Result:
    """The programs in turn, `rounds` times; the first one is ours."""
    result = Result(title, ("program", "s", "min–max s", "peak MiB", "ratio", "min–max", "answer", "target", "met"))
    took: dict[str, list[Took]] = {program.name: [] for program in programs}
    failures: dict[str, str] = {}
    answers = {program.name: prefixes.FOLDER / f"answer-{index}.txt" for index, program in enumerate(programs)}
    for turn in range(rounds):
        for program in programs if turn % 2 == 0 else reversed(programs):
            if program.name in failures:
                continue
            say(f"{title}: {program.name}, round {turn + 1} of {rounds}")
            try:
                took[program.name].append(_run(program, answers[program.name], placement.server))
            except OSError as error:
                failures[program.name] = str(error)
    ours = took[NETLAB]
    for program in programs:
        theirs = took[program.name]
        if program.name in failures or len(ours) != len(theirs):
            result.rows.append((program.name, failures.get(program.name, "nothing to compare it with")))
            continue
        walls = [each.wall_s for each in theirs]
        row = [
            program.name,
            number(statistics.median(walls)),
            f"{number(min(walls))}–{number(max(walls))}",
            number(max(each.peak_bytes for each in theirs) / (1 << 20)),
        ]
        if program.name == NETLAB:
            result.rows.append((*row, "", "", "", "", ""))
            continue
        quotients = [own.wall_s / other.wall_s for own, other in zip(ours, theirs, strict=True)]
        found = spread([1 / quotient for quotient in quotients] if program.inverse else quotients)
        same = _same(answers[NETLAB], answers[program.name])
        result.rows.append(
            (
                *row,
                number(found.middle),
                f"{number(found.smallest)}–{number(found.largest)}",
                "the same" if same else "DIFFERS",
                program.target.text if program.target else "",
                verdict(found, program.target) if program.target else "",
            )
        )
    result.notes.append("ratio: netlab's time to theirs; where the target says faster, theirs to netlab's.")
    result.raw = {"rounds": {name: [vars(each) for each in runs] for name, runs in took.items()}, "failures": failures}
    for path in answers.values():
        path.unlink(missing_ok=True)
    return result


def _run(program: Program, answer: Path, cpu: int) -> Took:
    """OSError with a sentence where it cannot be run, fails or takes too long."""
    if program.needs and shutil.which(program.command[0]) is None:
        raise OSError(f"not installed (Debian: apt install {program.needs})")
    environment = {key: value for key, value in netlab_environment().items() if key != "PYTHONDONTWRITEBYTECODE"}
    errors = answer.with_suffix(".err")
    with answer.open("wb") as out, errors.open("wb") as err:
        began = time.monotonic()
        child = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
        )
        try:
            while True:  # wait4 has the peak memory, but no time limit
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() - began > _PATIENCE_S:
                    raise OSError(f"took more than {_PATIENCE_S:.0f} s")
                time.sleep(0.002)
            wall_s = time.monotonic() - began
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if child.returncode is None:
                child.kill()
                child.wait()
    said = errors.read_text().strip().splitlines()
    errors.unlink()
    if child.returncode:
        raise OSError(f"failed: {said[-1] if said else child.returncode}")
    return Took(float(said[-1]) if program.reported else wall_s, usage.ru_maxrss * 1024)


def _same(ours: Path, theirs: Path) -> bool:
    """iprange leaves out the length of a single address."""
    with ours.open() as one, theirs.open() as other:
        lines = [[line.removesuffix("/32\n").rstrip("\n") for line in file] for file in (one, other)]
    return lines[0] == lines[1]


def _peer(name: str, *arguments: str) -> list[str]:
    """A program of peers/ in the peers' own environment."""
    return [_PYTHON, str(HERE / "peers" / f"{name}.py"), *arguments]
