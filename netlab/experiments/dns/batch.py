"""`--batch FILE`: questions, one a line."""

from __future__ import annotations

import sys
from pathlib import Path

from netlab.dns.records import type_from_text
from netlab.errors import UsageError
from netlab.experiments.dns.world import question_name

MOST_BYTES = 16 << 20


def read(path: Path, rtype: str) -> tuple[str, ...]:
    """NAME [TYPE] a line; `rtype` where a line has none. Empty lines and what follows # are left out. UsageError says
    in which line something is wrong.
    """
    try:
        if str(path) == "-":
            text = sys.stdin.read(MOST_BYTES)
        else:
            with path.open(encoding="utf-8") as file:
                text = file.read(MOST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--batch: {path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from None
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
