"""What people type, against what was measured: numbers with units, orders, choices, words.

Fullwidth digits and letters of a Chinese input method count as the ordinary ones (Unicode NFKC).
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from netlab.report.units import human, significant
from netlab.worksheets.model import Step
from netlab.worksheets.record_reader import Ordering

_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "b": 1,
    "kib": 1 << 10,
    "kb": 1 << 10,
    "k": 1 << 10,
    "mib": 1 << 20,
    "mb": 1 << 20,
    "gib": 1 << 30,
    "gb": 1 << 30,
    "/s": 1,
    "": 1,
    "x": 1,
    "×": 1,
    "倍": 1,
    "%": 0.01,
    "秒": 1.0,
    "毫秒": 1e-3,
    "微秒": 1e-6,
    "字节": 1,
    "次": 1,
    "个": 1,
    "条": 1,
}
_STORED = {
    "ns": "s",
    "µs": "s",
    "ms": "s",
    "s": "s",
    "B": "B",
    "KiB": "B",
    "MiB": "B",
    "/s": "1/s",
    "%": "%",
    "×": "ratio",
}
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e([+-]?[0-9]{1,3}))?\s*([^\d\s]*)")
ROUNDING = 0.01
"""What a copied number may be off by: reports show three significant digits."""


class NotAnAnswer(Exception):
    """What was typed is no answer to this kind of question; the argument is a key of words.py."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer held against what was measured. `factor` is how far off a number is (≥ 1), `inverted` what stands the
    wrong way round in an order, `slipped` that only the unit is wrong."""

    right: bool
    factor: float | None = None
    inverted: tuple[tuple[str, str], ...] = ()
    slipped: bool = False


def parse(step: Step, text: str) -> Any:
    """The value typed: a float (in the stored unit), a tuple of names, or a word. NotAnAnswer otherwise."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain or len(plain) > 500:
        raise NotAnAnswer("empty")
    if step.type == "number":
        return _number(plain, step.unit)
    if step.type == "order":
        return _order(plain, step.items)
    if step.type == "choice":
        key = plain.strip("().").lower()
        if key not in step.options:
            raise NotAnAnswer("no-option")
        return key
    return _words(plain)


def echo(step: Step, text: str) -> str:
    """What was typed, as it is repeated: letters small, names whole, fullwidth digits as ordinary ones."""
    value = parse(step, text)
    if step.type == "order":
        return " ".join(value)
    return str(value) if step.type == "choice" else " ".join(unicodedata.normalize("NFKC", text).split())


def _number(text: str, unit: str) -> float:
    match = _NUMBER.fullmatch(text.replace(",", "").replace("_", "").replace("~", "").strip().lower())
    if match is None:
        raise NotAnAnswer("no-number")
    said = match[3] or unit
    factor = _UNITS.get(said.lower().removesuffix("/msg"))
    if factor is None:
        raise NotAnAnswer("no-unit")
    return float(f"{match[1]}e{match[2] or 0}") * factor


def _order(text: str, items: tuple[str, ...]) -> tuple[str, ...]:
    said = [word for word in re.split(r"[\s,<>、;→=]+", text.lower()) if word]
    names = []
    for word in said:
        near = [item for item in items if item == word] or [item for item in items if item.startswith(word)]
        if len(near) != 1:
            raise NotAnAnswer("no-item")
        names.append(near[0])
    if sorted(names) != sorted(items):
        raise NotAnAnswer("not-all")
    return tuple(names)


def _words(text: str) -> str:
    return " ".join(text.split()).rstrip(".。").casefold()


def mark(step: Step, typed: Any, measured: Any) -> Marked:
    """Hold `typed` (from parse) against `measured` (from the step's expression)."""
    if isinstance(measured, Ordering):
        inverted = tuple(measured.inverted(typed))
        return Marked(not inverted, inverted=inverted)
    if step.type != "number":
        return Marked(_words(str(typed)) == _words(str(measured)))
    real = float(measured)
    if typed == real:
        return Marked(True, 1.0)
    if typed <= 0 or real <= 0:
        return Marked(False, math.inf)
    factor = max(typed / real, real / typed)
    allowed = max(step.within, 1.0 if isinstance(measured, int) and step.within == 1.0 else 1 + ROUNDING)
    slipped = any(abs(factor / step_up - 1) <= ROUNDING for step_up in (1000.0, 1024.0, 1e6, 60.0, 100.0))
    return Marked(factor <= allowed, factor, slipped=slipped)


def shown(step: Step, value: Any) -> str:
    """A measured value as the learner would write it."""
    if isinstance(value, Ordering):
        return (" > " if value.down else " < ").join(value.names)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        stored = _STORED.get(step.unit, "1")
        if stored == "%":
            return f"{significant(value * 100)} %"
        if stored == "ratio":
            return f"{significant(value)} ×"
        return human(value, stored)
    return str(value)
