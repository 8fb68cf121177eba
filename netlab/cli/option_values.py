"""Between values as people write them (notation.py) and Typer: what reads them, and what completes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import typer

from netlab.option import Complete

Value = TypeVar("Value")


def reader(parse: Callable[[str], Value]) -> Callable[[str | Value], Value]:
    """`parse` as Typer wants a parser: it is also handed defaults, and says what is wrong by BadParameter."""

    def read(text: str | Value) -> Value:
        if not isinstance(text, str):
            return text
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return read


def completer(
    complete: Complete | None, choices: tuple[str, ...] = ()
) -> Callable[[typer.Context, str], list[tuple[str, str]]] | None:
    """`complete`, or else the choices, as Typer wants its completion."""
    if complete is None and not choices:
        return None

    def offer(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
        if complete is not None:
            return complete(context.info_name or "", incomplete)
        return [(choice, "") for choice in choices if choice.startswith(incomplete)]

    return offer


def drawable(path: Path | None) -> Path | None:
    """The file of --plot, refused before the run rather than after it."""
    if path is not None:
        from netlab.report import picture

        picture.check(path)
    return path


def complete_run(incomplete: str) -> list[str]:
    """For the shell: what a run may be called, the newest first."""
    from netlab.report import store

    return [name for name in ["last", *(each[-4:] for each in store.ids()[:50])] if name.startswith(incomplete)]
