"""Options and arguments that the `netlab lab` commands share, and what they all begin with."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from netlab.worksheets.catalogue import Catalogue
    from netlab.worksheets.session import Session


def _one_of_ours(value: str | None) -> str | None:
    if value not in (None, "en", "zh"):
        raise typer.BadParameter(f"'{value}' is neither en nor zh")
    return value


Lang = Annotated[
    str | None,
    typer.Option("--lang", metavar="en|zh", help="English or Chinese; else by locale.", callback=_one_of_ours),
]
LabsDir = Annotated[
    Path | None, typer.Option("--labs-dir", metavar="DIR", help="Worksheets elsewhere; or NETLAB_LABS.")
]
Lab = Annotated[str, typer.Argument(metavar="NAME", help="A worksheet's name, a part of it, or a lecture's number.")]
Labs = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Worksheets; all of them if none is named.")
]
Question = Annotated[str, typer.Argument(metavar="NAME.STEP", help="Such as 13.4, or sockets.4.")]


def settle(context: typer.Context, lang: str | None, labs_dir: Path | None) -> tuple[Catalogue, str]:
    """The worksheets and the language: an option of the command, or else of `netlab lab` before it."""
    from netlab.worksheets import catalogue, messages

    lang, labs_dir = _or_before(context, lang, labs_dir)
    return catalogue.sheets(catalogue.folder_of(labs_dir)), messages.language(lang)


def session_of(context: typer.Context, wanted: str, lang: str | None, labs_dir: Path | None) -> Session:
    """The learner at the worksheet that is meant."""
    from netlab.worksheets import catalogue
    from netlab.worksheets.session import Session

    among, language = settle(context, lang, labs_dir)
    return Session(catalogue.find(wanted, among), language, options=_again(context, lang, labs_dir))


def _again(context: typer.Context, lang: str | None, labs_dir: Path | None) -> str:
    """The options that were typed, as they have to be typed again for the next command; NETLAB_LABS stays by itself."""
    lang, labs_dir = _or_before(context, lang, labs_dir)
    typed = (("--lang", lang), ("--labs-dir", labs_dir))
    return "".join(f" {option} {shlex.quote(str(value))}" for option, value in typed if value)


def _or_before(context: typer.Context, lang: str | None, labs_dir: Path | None) -> tuple[str | None, Path | None]:
    """An option of the command, or else as it was typed before it."""
    outer: Mapping[str, object] = context.parent.params if context.parent else {}
    folder = outer.get("labs_dir")
    labs_dir = labs_dir or (Path(str(folder)) if folder else None)
    return lang or cast("str | None", outer.get("lang")), labs_dir
