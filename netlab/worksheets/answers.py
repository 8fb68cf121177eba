"""What people type, against what was measured: numbers with units, orders, choices, words.

Fullwidth digits and letters of a Chinese input method count as the ordinary ones (Unicode NFKC).
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from netlab.report.units import human, significant
from netlab.worksheets.model import Step
from netlab.worksheets.record_reader import Ordering, number

_UNITS: dict[str, float] = (
    {"ns": 1e-9, "min": 60.0, "%": 0.01}
    | dict.fromkeys(("us", "µs", "μs", "微秒"), 1e-6)
    | dict.fromkeys(("ms", "毫秒"), 1e-3)
    | dict.fromkeys(("s", "秒"), 1.0)
    | dict.fromkeys(("kib", "kb", "k"), 1 << 10)
    | dict.fromkeys(("mib", "mb"), 1 << 20)
    | dict.fromkeys(("gib", "gb"), 1 << 30)
    | dict.fromkeys(("", "b", "字节", "/s", "x", "×", "倍", "次", "个", "条"), 1)
)
_STORED = dict.fromkeys(("ns", "µs", "ms", "s"), "s") | dict.fromkeys(("B", "KiB", "MiB"), "B")
_STORED |= {"/s": "1/s", "%": "%", "×": "ratio"}
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e([+-]?[0-9]{1,3}))?\s*([^\d\s]*)")
ROUNDING = 0.01
"""What a copied number may be off by: reports show three significant digits."""


class NotAnAnswer(Exception):
    """What was typed is no answer to this kind of question; the argument is a key of messages.py."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer held against what was measured. `factor` is how far off a number is (≥ 1), `inverted` what stands the
    wrong way round in an order, `slipped` that only the unit is wrong."""

    right: bool
    factor: float | None = None
    inverted: tuple[tuple[str, str], ...] = ()
    slipped: bool = False


Typed = float | str | tuple[str, ...]


def parse(step: Step, text: str) -> Typed:
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
    if isinstance(value, tuple):
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


def real_of(measured: object) -> float:
    """What was measured as a number: a part of a text is one, too. ValueError."""
    return float(measured) if isinstance(measured, str) else number(measured)


def mark(step: Step, typed: Typed, measured: object) -> Marked:
    """Hold `typed` (from parse) against `measured` (from the step's expression)."""
    if isinstance(measured, Ordering):
        inverted = tuple(measured.inverted(typed)) if isinstance(typed, tuple) else ()
        return Marked(not inverted, inverted=inverted)
    if not isinstance(typed, (int, float)):
        return Marked(_words(str(typed)) == _words(str(measured)))
    real = real_of(measured)
    if typed == real:
        return Marked(True, 1.0)
    if typed <= 0 or real <= 0:
        return Marked(False, math.inf)
    factor = max(typed / real, real / typed)
    allowed = max(step.within, 1.0 if isinstance(measured, int) and step.within == 1.0 else 1 + ROUNDING)
    slipped = any(abs(factor / step_up - 1) <= ROUNDING for step_up in (1000.0, 1024.0, 1e6, 60.0, 100.0))
    return Marked(factor <= allowed, factor, slipped=slipped)


def shown(step: Step, value: object) -> str:
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
