"""What this machine limits, allows and has, and how to get what is missing, as tables."""

from __future__ import annotations

from typing import Annotated

from netlab.report.rows import Count, Named, row


@row("Limits")
class DoctorLimitRow:
    """A number that should be at least `want`. `here` None: there is no limit, or none that the kernel tells."""

    name: Annotated[str, Named("")]
    state: str
    here: Count | None
    want: Count
    enables: str


@row("Kernel")
class AbilityRow:
    """Something that the kernel or the C library does or does not let this user do."""

    name: Annotated[str, Named("")]
    state: str
    enables: str


@row("Tools")
class ToolRow:
    """Another program, and what for."""

    name: Annotated[str, Named("")]
    state: str
    enables: str


@row("How to get what is missing")
class RemedyRow:
    """Of what is missing or too little: a command, or words."""

    name: Annotated[str, Named("")]
    do_this: str


ROWS = (DoctorLimitRow, AbilityRow, ToolRow, RemedyRow)
