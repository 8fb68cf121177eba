"""One value of a recorded run, made wrong: which value, what it becomes, and which checks must then fail.

`search` finds such values: it tries one after the other, in a fixed order, until each check has one that makes it fail,
if possible alone. What it found is kept beside the recording, so the tests only have to try that.
"""

from __future__ import annotations

import copy
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain, permutations
from pathlib import Path
from typing import Any

from recorded_runs import HEADERS, Run, recorded, replay

from netlab.experiments.tcp.states import ELEVEN
from netlab.report.quantity import Measurement

Key = int | str
_HEX = re.compile(r"(?:[0-9a-f]{2}){14,}")
_STEPS = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
_TELLING = {5, 22, 23, 33, 35, 37, 41, 42, 45, 46, 47, 49}
"""Of these, the ones to begin with: addresses, TTL, protocol, ports, numbers, flags, window; type and code."""
_OF_ONE_KIND = 60  # values tried at places that differ only in their number in a list


@dataclass(frozen=True)
class Corruption:
    """At `at`, a value becomes another; or it is gone, or there twice; or all numbers of a list are multiplied; or it
    becomes what is beside it under another name. `byte`: only from that byte on, where it is hex digits.
    """

    at: str
    becomes: Any = None
    byte: int | None = None
    how: str = "becomes"  # "becomes", "removed", "doubled", "multiplied", "as": what is there under another name
    fails: tuple[str, ...] = ()

    def apply(self, scenes: list[Any]) -> list[Any]:
        """The altered copy of what the scenes returned."""
        *way, last = steps(self.at)
        altered = copy.deepcopy(scenes)
        place: Any = altered
        for step in way:
            place = place[step]
        if self.how == "removed":
            del place[last]
        elif self.how == "doubled":
            place.insert(last, copy.deepcopy(place[last]))
        elif self.how == "multiplied":
            place[last] = [self.becomes * each for each in place[last]]
        elif self.how == "as":
            place[last] = copy.deepcopy(place[self.becomes])
        elif self.byte is None:
            place[last] = self.becomes
        else:
            new = self.becomes if isinstance(self.becomes, str) else f"{self.becomes:02x}"
            at = 2 * self.byte
            place[last] = place[last][:at] + new + place[last][at + len(new) :]
        return altered

    def words(self) -> str:
        """What a test with it is called."""
        value = self.how if self.how in ("removed", "doubled") else json.dumps(self.becomes)[:30]
        return f"{self.at}{'' if self.byte is None else f' byte {self.byte}'}: {value}"


def steps(at: str) -> list[Key]:
    """ "[0].events[3].what" → [0, "events", 3, "what"]."""
    return [int(number) if number else word for number, word in _STEPS.findall(at)]


def at_of(way: tuple[Key, ...]) -> str:
    """And back."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)


def failed(found: Measurement) -> tuple[str, ...]:
    """The claims that did not hold."""
    return tuple(check.claim for check in found.checks if not check.passed)


def cases_path(run: Run) -> Path:
    """Where the corruptions of a run are kept."""
    return run.path.with_name(f"{run.name}.cases.json")


def cases(run: Run) -> list[Corruption]:
    """Those that are kept."""
    if not cases_path(run).exists():
        return []
    return [Corruption(**{**each, "fails": tuple(each["fails"])}) for each in json.loads(cases_path(run).read_text())]


def save(run: Run, found: list[Corruption]) -> None:
    """Keep them, a line each."""
    lines = []
    for each in found:
        values = {name: value for name, value in asdict(each).items() if value is not None and name != "becomes"}
        if each.how not in ("removed", "doubled"):
            values["becomes"] = each.becomes
        if each.how == "becomes":
            del values["how"]
        values["fails"] = values.pop("fails")
        lines.append(json.dumps(values, ensure_ascii=False))
    cases_path(run).write_text("[\n" + ",\n".join(lines) + "\n]\n")


def search(run: Run, budget_s: float) -> tuple[list[Corruption], list[str]]:
    """A corruption for each check of the run, and the claims for which there was none within the time.

    Those that are kept from an earlier recording are tried first.
    """
    scenes = recorded(run)
    whole = replay(run, scenes)
    claims = [check.claim for check in whole.checks]
    assert not failed(whole), f"{run.name}: the recording itself fails {failed(whole)}"
    best: dict[str, tuple[tuple[bool, int], Corruption]] = {}  # by claim, with how far it is from failing alone
    deadline_s = time.monotonic() + budget_s
    for each in chain(cases(run), corruptions(scenes)):
        if len(best) == len(claims) and all(far == (False, 1) for far, _ in best.values()):
            break
        if time.monotonic() > deadline_s:
            break
        try:
            found = replay(run, each.apply(scenes))
        except Exception:
            continue
        fails = failed(found)
        if not set(fails) <= set(claims):
            continue  # so much was altered that other claims are made
        far = ([check.claim for check in found.checks] != claims, len(fails))  # some claims may not be made at all
        for claim in fails:
            if claim not in best or far < best[claim][0]:
                best[claim] = far, Corruption(each.at, each.becomes, each.byte, each.how, fails)
    distinct = {(each.at, each.byte, str(each.becomes), each.how): each for _, each in best.values()}
    return list(distinct.values()), [claim for claim in claims if claim not in best]


def corruptions(scenes: list[Any]) -> Iterator[Corruption]:
    """All that are tried, kinds of places in turn, so that every kind comes up soon."""
    kinds: dict[tuple[str, ...], list[Iterator[Corruption]]] = defaultdict(list)
    used: dict[Key, list[Any]] = defaultdict(list)
    for way, value in places(scenes):
        if way and isinstance(way[-1], str) and not isinstance(value, (dict, list)) and value not in used[way[-1]]:
            used[way[-1]].append(value)
    for way, value in places(scenes):
        if not way:
            continue
        kind = (str(way[0]), *("*" if isinstance(step, int) else step for step in way[1:]))
        if isinstance(value, str) and _HEX.fullmatch(value):
            kind = (*kind, value[:28])  # frames with other Ethernet headers are of another kind
        kinds[kind].append(variants(way, value, used[way[-1]] if way else []))
    turns = [_in_turn(each[:: -(-len(each) // _OF_ONE_KIND)]) for each in kinds.values()]
    yield from _in_turn(turns)


def _in_turn(several: list[Iterator[Corruption]]) -> Iterator[Corruption]:
    waiting = list(several)
    while waiting:
        for each in list(waiting):
            try:
                yield next(each)
            except StopIteration:
                waiting.remove(each)


def places(value: Any, way: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], Any]]:
    """Every value in a document, and where it is."""
    yield way, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*way, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*way, number))


def variants(way: tuple[Key, ...], value: Any, used: list[Any]) -> Iterator[Corruption]:
    """What a value may become; `used` are others that are called the same."""
    at = at_of(way)
    if len(way) > 1 and isinstance(way[-1], int):
        yield Corruption(at, how="removed")
        yield Corruption(at, how="doubled")
    if isinstance(value, dict):
        yield from _exchanged(at, value)
    elif isinstance(value, list):
        if value and all(type(each) in (int, float) for each in value):
            yield from (Corruption(at, factor, how="multiplied") for factor in (0, 10, 0.1))
    elif isinstance(value, str) and _HEX.fullmatch(value):
        yield from _bytes(at, value, [each for each in used if isinstance(each, str)])
    else:
        yield from (Corruption(at, other) for other in _others(value, used))


def _exchanged(at: str, value: dict[str, Any]) -> Iterator[Corruption]:
    """One part is what is there under another name."""
    for one, other in permutations(value, 2):
        if isinstance(value[one], (dict, list)) and type(value[one]) is type(value[other]):
            yield Corruption(f"{at}.{one}", other, how="as")


def _bytes(at: str, value: str, used: list[str]) -> Iterator[Corruption]:
    """A frame with another MAC address, or with one byte of its headers altered."""
    for byte in (0, 6):
        for other in dict.fromkeys(each[2 * byte : 2 * byte + 12] for each in used):
            yield Corruption(at, other, byte)
    numbers = sorted(range(min(len(value) // 2, HEADERS)), key=lambda byte: byte not in _TELLING)
    for turn in (0x01, 0x10, 0xFF, 0x02, 0x04, 0x08):
        for byte in numbers:
            yield Corruption(at, int(value[2 * byte : 2 * byte + 2], 16) ^ turn, byte)


def _others(value: Any, used: list[Any]) -> list[Any]:
    """Values of the same type, and null."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 0, 2 * value, value // 2, value + 10**9, value - 10**9, None]
    if isinstance(value, float):
        return [2 * value, value / 2, 0.0, 10 * value, value + 1, -value, None]
    if value is None:
        return [each for each in used if each is not None][:3] or [1, "x"]
    known = {each for each in used if isinstance(each, str)} | (set(ELEVEN) if value in ELEVEN else set())
    return [*sorted(known - {value}), "", f"{value}x", None]
