"""The one error of this package: which text, where in it, what is wrong, and what was probably meant."""

from __future__ import annotations

from netlab.errors import UsageError


class AddressError(UsageError):
    """A text that is no address (prefix, mask, MAC address). `position` counts characters from 0.

    `meant` is a text that would be right, where one is likely; the hint offers it.
    """

    def __init__(
        self, text: str, position: int, what: str, meant: str | None = None, hint: str | None = None
    ) -> None:
        shown = text if len(text) <= 60 else f"{text[:57]}…"
        where = f", at character {position + 1}" if 0 < position <= len(text) else ""
        super().__init__(f"'{shown}': {what}{where}", hint or (f"did you mean {meant}?" if meant else None))
        self.text = text
        self.what = what
        self.position = position
        self.meant = meant


def shifted(error: AddressError, whole: str, by: int, prefix: str = "", suffix: str = "") -> AddressError:
    """The same mistake seen in the `whole` text that the part was cut from, `by` characters further right."""
    if error.meant is not None:
        return AddressError(whole, error.position + by, error.what, f"{prefix}{error.meant}{suffix}")
    return AddressError(whole, error.position + by, error.what, None, error.hint)
