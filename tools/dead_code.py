"""Code of netlab that nothing uses: vulture, with what it cannot know. Part of `make check`.

A use in a test, a benchmark or a tool counts. What is called by its name only, or by a library, is allowed below, each
with its reason; fields of a class always are: tables, headers and records are read field by field.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).parents[1]
USERS = ("netlab", "tests", "benchmarks/bench", "benchmarks/run.py", "tools")  # not what is installed in benchmarks/
REGISTER = ["@*.command*", "@*.callback*", "@examples*", "@pytest.*"]  # decorators that take a function in
ALLOWED = {
    "enter": "netlab/child/child_side.py: the first call in a child's command line",
    "format_options": "Click calls it",
    "format_epilog": "Click calls it",
    "connection_made": "asyncio calls it",
    "connection_lost": "asyncio calls it",
    "datagram_received": "asyncio calls it",
    "error_received": "asyncio calls it",
    "pause_writing": "asyncio calls it",
    "resume_writing": "asyncio calls it",
    "iov": "the kernel reads it: struct msghdr",
    "iovlen": "the kernel reads it: struct msghdr",
    "order_down": "worksheets call it in their answers",
    "like": "worksheets call it in their answers",
    "signum": "signal(2) passes it",
    "DataclassInstance": "a bound of a type variable, in quotes",
    "HTTPMessage": "a type, in quotes",
}


@cache
def fields(file: Path) -> set[int]:
    """The lines that declare a field of a class."""
    classes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ClassDef)]
    return {line.lineno for each in classes for line in each.body if isinstance(line, ast.AnnAssign)}


def main() -> int:
    vulture = Vulture(ignore_names=[*ALLOWED], ignore_decorators=REGISTER)
    vulture.scavenge([str(ROOT / folder) for folder in USERS])
    unused = [
        item
        for item in vulture.get_unused_code(min_confidence=60)
        if Path(item.filename).is_relative_to(ROOT / "netlab")
        and not (item.typ == "variable" and item.first_lineno in fields(Path(item.filename)))
    ]
    for item in unused:
        print(f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: nothing uses the {item.typ} {item.name}")
    return int(bool(unused))


if __name__ == "__main__":
    sys.exit(main())
