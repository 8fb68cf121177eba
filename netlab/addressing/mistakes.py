"""The one error of this package: which text, where in it, what is wrong, and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable

from netlab.errors import UsageError

_CORRECTIONS = 4  # of one text: spaces around it, a leading zero, a short form, a length


class AddressError(UsageError):
    """A text that is no address (prefix, mask, MAC address). `position` counts characters from 0.

    `meant` is a text that would be right, where one is likely; the hint offers it.
    """

    def __init__(self, text: str, position: int, what: str, meant: str | None = None, hint: str | None = None) -> None:
        shown = text if len(text) <= 60 else f"{text[:59]}…"
        where = f", at character {position + 1}" if 0 < position <= len(text) else ""
        super().__init__(f"'{shown}': {what}{where}", hint or (f"did you mean {meant}?" if meant else None))
        self.text = text
        self.what = what
        self.position = position
        self.meant = meant


def brief(part: str) -> str:
    """A part of a text, short enough for a message."""
    return part if len(part) <= 12 else f"{part[:11]}…"


def shifted(error: AddressError, whole: str, by: int, prefix: str = "", suffix: str = "") -> AddressError:
    """The same mistake seen in the `whole` text that the part was cut from, `by` characters further right."""
    if error.meant is not None:
        return AddressError(whole, error.position + by, error.what, f"{prefix}{error.meant}{suffix}")
    return AddressError(whole, error.position + by, error.what, None, error.hint)


def sure(error: AddressError, parse: Callable[[str], object]) -> AddressError:
    """The same mistake, but what it offers is right: a suggestion that has mistakes of its own is corrected in turn,
    or left out.
    """
    meant = error.meant
    for _ in range(_CORRECTIONS):
        if meant is None:
            break
        try:
            parse(meant)
        except AddressError as another:
            meant = another.meant
        else:
            break
    else:
        meant = None
    if meant == error.meant:
        return error
    return AddressError(error.text, error.position, error.what, meant)
