"""SI base units become what people read: 0.000163 s is 163 µs, 16384 B is 16 KiB, nothing known is "–".

Two ways in: `human` for a value that stands alone, and `Scale` for a column of values that want one unit.
Three significant digits, except that whole numbers are exact; thousands have separators.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import NoneType
from typing import TypeGuard

from netlab.report.quantity import Value

UNKNOWN = "–"

# For each stored unit: (factor, label), ascending.
_TIMES = ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))
_SIZES = ((1, "B"), (1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB"), (1 << 40, "TiB"))
_STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "s": _TIMES,
    "B": _SIZES,
    "B/s": tuple((factor, f"{label}/s") for factor, label in _SIZES),
    "bit/s": ((1, "bit/s"), (1e3, "kbit/s"), (1e6, "Mbit/s"), (1e9, "Gbit/s")),
    "1/s": ((1, "/s"),),
    "1": ((1, ""),),
    "ratio": ((1, ""),),
    "share": ((0.01, "%"),),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """Value / `factor` is in `label`: (1e-6, "µs")."""

    factor: float
    label: str

    def text(self, value: Value) -> str:
        """`value` (in the stored unit) in this scale, without the label."""
        if value is None:
            return UNKNOWN
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.factor == 1 and isinstance(value, int):
            return f"{value:,}"
        return significant(value / self.factor)


def human(value: Value, unit: str) -> str:
    """`value` with the unit that suits its size: human(0.00123, "s") is "1.23 ms"."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return UNKNOWN
    if isinstance(value, (str, bool)):
        return Scale(1, "").text(value)
    if isinstance(value, int) and not unit:
        return str(value)  # a number as a name, such as an identifier: no quantity to be read in thousands
    scale = scale_of([value], unit)
    return f"{scale.text(value)} {scale.label}".rstrip()


def brief(parameter: object) -> str:
    """A parameter of a run in few characters, much as it was typed: "select,epoll", "0,900", "yes", "0.5"."""
    if isinstance(parameter, bool):
        return "yes" if parameter else "no"
    if isinstance(parameter, list):
        return ",".join(map(brief, parameter))
    if isinstance(parameter, dict):
        return ",".join(f"{key}={brief(value)}" for key, value in parameter.items())
    return f"{parameter:g}" if isinstance(parameter, float) else str(parameter)


def scale_of(values: Iterable[Value], unit: str) -> Scale:
    """One scale for many values: it suits their geometric mean, so that neither end gets unreadable."""
    steps = _STEPS.get(unit)
    if steps is None:
        return Scale(1, unit)
    logs = [math.log(abs(v)) for v in values if isinstance(v, (int, float)) and v and math.isfinite(v)]
    if not logs:
        # Only zeros: in the base unit ("0 s", "0 B").
        return Scale(*next((step for step in steps if step[0] == 1), steps[0]))
    middle = math.exp(sum(logs) / len(logs))
    chosen = steps[0]
    for step, following in pairwise(steps):
        # Rounded first: 999.6 µs is 1 ms, not 1,000 µs.
        if _rounded(middle / step[0]) >= following[0] / step[0] * (1 - 1e-9):
            chosen = following
    return Scale(*chosen)


def unit_after(name: str, label: str) -> str:
    """The label that a heading called `name` still needs: none if it says so itself ("messages/s", "… per second")."""
    said = name.endswith(label) or (label == "/s" and name.endswith("per second"))
    return "" if said else label


def column_texts(values: Sequence[Value], unit: str) -> tuple[str, list[str]]:
    """The label that belongs into a column's heading, and its cells: all with the same number of decimals."""
    scale = scale_of(values, unit)
    numbers = [abs(v) / scale.factor for v in values if isinstance(v, (int, float))]
    numbers = [number for number in numbers if math.isfinite(number)]  # a share of 1e308 is no number of per cent
    if scale.factor == 1 and all(isinstance(v, (int, str, NoneType)) for v in values):
        return scale.label, [scale.text(value) for value in values]
    logs = [math.log10(number) for number in numbers if number]
    decimals = min(max(2 - math.floor(sum(logs) / len(logs)), 0), 6) if logs else 0
    if unit == "share" and all(round(number, decimals).is_integer() for number in numbers):
        decimals = 0  # chances that somebody chose: 1 %, 5 %, 20 %
    return scale.label, [
        f"{value / scale.factor:,.{decimals}f}" if _is_number(value) else scale.text(value) for value in values
    ]


def significant(number: float, digits: int = 3) -> str:
    """`number` to so many significant digits: "1,230", "12.3", "0.00123"; with an exponent only where it is beyond all
    that one measures."""
    if not math.isfinite(number):
        return UNKNOWN
    if number == 0:
        return "0"
    number = _rounded(number, digits)
    magnitude = math.floor(math.log10(abs(number)))
    if digits - 1 <= magnitude < 16:
        return f"{number:,.0f}"
    if not -6 <= magnitude < 16:
        return f"{number:.{digits - 1}e}"
    text = f"{number:,.{digits - 1 - magnitude}f}"
    return text.rstrip("0").rstrip(".")


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _rounded(number: float, digits: int = 3) -> float:
    """`number` as `significant` will show it."""
    if number == 0 or not math.isfinite(number):
        return number
    magnitude = math.floor(math.log10(abs(number)))
    if magnitude >= digits:
        return float(round(number))  # whole numbers keep all of their digits
    return round(number, digits - 1 - magnitude)
