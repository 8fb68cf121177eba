"""`--batch FILE`: questions, one a line."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TextIO

from netlab.dns.records import type_from_text
from netlab.errors import UsageError
from netlab.experiments.dns.world import question_name

MOST_BYTES = 16 << 20


def read(path: Path, rtype: str) -> tuple[str, ...]:
    """NAME [TYPE] a line; `rtype` where a line has none. Empty lines and what follows # are left out. UsageError says
    in which line something is wrong.
    """
    stdin: TextIO = sys.stdin
    try:
        with nullcontext(stdin) if str(path) == "-" else path.open(encoding="utf-8") as file:
            text = file.read(MOST_BYTES)
    except UnicodeDecodeError:
        raise UsageError(f"--batch: {path}: not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"--batch: {path}: {error.strerror or 'cannot be read'}") from None
    questions = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if len(words) > 2:
            raise UsageError(f"--batch: {path}, line {number}: more than NAME and TYPE")
        if not words:
            continue
        wanted = words[1] if len(words) == 2 else rtype
        try:
            question_name(words[0])
            type_from_text(wanted)
        except UsageError as error:
            raise UsageError(f"--batch: {path}, line {number}: {error.message}", error.hint) from None
        questions.append(f"{words[0]} {wanted}")
    if not questions:
        raise UsageError(f"--batch: {path} holds no names")
    return tuple(questions)
