"""Which packets are to be shown in full: "2", or "1,5-7", or "all"."""

from __future__ import annotations

from netlab.errors import UsageError

IN_FULL = 3  # packets; of more, those one asks for


def numbers(text: str | None, count: int) -> frozenset[int]:
    """Which of `count` packets are meant: all of a few, none of many, or those said. UsageError."""
    everything = frozenset(range(1, count + 1))
    if text is None:
        return everything if count <= IN_FULL else frozenset()
    if text == "all":
        return everything
    chosen: set[int] = set()
    for item in text.split(","):
        first, dash, last = item.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise UsageError(f"'{_brief(item)}' is no packet number; several look like this: 1,5-7", "--packet all")
        chosen |= everything & frozenset(range(int(first), min(int(last or first), count) + 1))
    if not chosen:
        raise UsageError(f"--packet {_brief(text)}: there are {count} packets")
    return frozenset(chosen)


def _brief(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:38]}…"
