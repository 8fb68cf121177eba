"""The parts of Typer and of the Click inside it that netlab builds on.

Typer carries Click as its private module `_click` and promises nothing about it. This is the one place that names it:
what a new Typer has moved is mended here.
"""

from __future__ import annotations

from typer._click.core import Command as AnyCommand
from typer._click.core import Context
from typer._click.exceptions import ClickException, NoArgsIsHelpError, NoSuchOption
from typer._click.exceptions import UsageError as ClickUsageError
from typer._click.formatting import HelpFormatter
from typer._click.shell_completion import CompletionItem
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

__all__ = [
    "AnyCommand",
    "ClickException",
    "ClickUsageError",
    "CompletionItem",
    "Context",
    "HelpFormatter",
    "NoArgsIsHelpError",
    "NoSuchOption",
    "TyperCommand",
    "TyperGroup",
    "TyperOption",
    "get_command",
]
