"""What every part of the codec speaks of."""

from __future__ import annotations

from typing import Any

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Pattern(str):
    """In Annotated[str, Pattern("…")]: the regular expression (re.ASCII) that the whole text has to match."""


Form = Any  # what an annotation can be: a class, or something like `int | None`, which has no type that mypy knows
