"""Code that nothing in netlab uses: vulture (github.com/jendrikseipp/vulture), told what is used out of its sight.

    python tools/dead_code.py

Tests are left out on purpose: what only they use is dead. A field of a dataclass is never dead: it is a column of a
table, bits of a header, an option or a key of JSON, and read by its name.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

ROOT = Path(__file__).parents[1]
PATHS = ("netlab", "benchmarks/bench", "benchmarks/peers", "benchmarks/run.py", "tools")

# Called by others: asyncio, socketserver, Click, signal, http.client.
ASYNCIO = ("connection_made", "connection_lost", "data_received", "datagram_received", "error_received")
ASYNCIO += ("pause_writing", "resume_writing")
OTHERS = ("daemon_threads", "request_queue_size", "format_options", "format_epilog", "signum", "makefile")
# Called by their names: a child's entry points, a worksheet's functions, fields of C structures, types in quotes.
BY_NAME = ("enter", "internet", "order_down", "like", "iov", "iovlen", "DataclassInstance", "HTTPMessage", "busy_ns")
# Part of something whole: a protocol's signature, types of records, what packets are built with.
WHOLE = ("k", "TXT", "window_scale", "sack_permitted", "sack")
COMMANDS = ("@examples", "@app.command*", "@app.callback*", "@subcommand*", "@*.command*")


def main() -> int:
    vulture = Vulture(ignore_names=[*ASYNCIO, *OTHERS, *BY_NAME, *WHOLE], ignore_decorators=list(COMMANDS))
    vulture.scavenge([str(ROOT / path) for path in PATHS])
    dead = [item for item in vulture.get_unused_code() if not is_field(item)]
    for item in dead:
        print(f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: unused {item.typ} {item.name}")
    return 1 if dead else 0


def is_field(item: Item) -> bool:
    return item.typ == "variable" and item.first_lineno in field_lines(Path(item.filename))


@cache
def field_lines(path: Path) -> frozenset[int]:
    classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    return frozenset(each.lineno for node in classes for each in node.body if isinstance(each, ast.AnnAssign))


if __name__ == "__main__":
    sys.exit(main())
