"""Lines in, lines out: what the commands that work on many addresses have in common.

Lines come from files, from stdin (no file, or "-"), or are the arguments themselves where those are prefixes.
A line that is wrong is reported on stderr with its number and the rest still done: the exit code is 2 at the
end. `strict` stops at once. With --json, stdout is one document, described by docs/lines.schema.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Annotated, BinaryIO, TextIO

import typer

from netlab.addressing import bulk
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix, parse
from netlab.cli.failures import complain
from netlab.errors import NetlabError, UsageError

SCHEMA = "netlab.lines/1"
_ERRORS_SHOWN = 20

Sources = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FILE|PREFIX...]", help="Files with a prefix a line, or prefixes; '-' or nothing: stdin."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first bad line.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")]


class Lines:
    """Stdout, a line a result or one document; and the bad lines of the input. Use it as a context."""

    def __init__(self, command: str, as_json: bool, strict: bool = False) -> None:
        self._command, self._json, self._strict = command, as_json, strict
        self._errors: list[dict[str, object]] = []
        self._first = True
        stdout: TextIO = sys.stdout
        self._write = stdout.write

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, NetlabError) and self._json and not self._first:  # it ends early, but as one document
            self._errors.append({"source": None, "line": None, "message": error.message, "hint": error.hint})
            self._end()
        if kind is not None:
            return
        if self._json:
            if self._first:
                self._begin()
            self._end()
        sys.stdout.flush()
        if len(self._errors) > _ERRORS_SHOWN:
            complain(f"{len(self._errors)} bad lines in all; the first {_ERRORS_SHOWN} are shown")
        if self._errors:
            raise typer.Exit(UsageError.exit_code)

    def row(self, result: object, text: str) -> None:
        """One result: as JSON, or as a line of text."""
        if self._json:
            if self._first:
                self._begin()
            else:
                self._write(",")
            self._write("\n" + json.dumps(result, ensure_ascii=False))
        else:
            self._write(text + "\n")

    def many(self, text: str) -> None:
        """Results that are one text a line each; `text` ends in a newline or is empty."""
        if not self._json:
            self._write(text)
        elif text:
            if self._first:
                self._begin()
            else:
                self._write(",")
            self._write('\n"' + text[:-1].replace("\n", '",\n"') + '"')

    def _begin(self) -> None:
        """Only when there is a result, or all went well: what fails before that leaves stdout empty."""
        self._write(f'{{"schema": "{SCHEMA}", "command": {json.dumps(self._command)}, "results": [')
        self._first = False

    def _end(self) -> None:
        self._write(f'\n], "errors": {json.dumps(self._errors, ensure_ascii=False)}}}\n')

    def bad(self, where: str) -> bulk.Report:
        """What to call for a bad line of the input called `where`."""

        def report(line: int, error: AddressError) -> None:
            message = f"{where}, line {line}: {error.message}"
            if self._strict:
                raise UsageError(message, error.hint)
            if len(self._errors) < _ERRORS_SHOWN:
                complain(message, error.hint)
            self._errors.append({"source": where, "line": line, "message": error.message, "hint": error.hint})

        return report


def packed(sources: Sequence[str] | None, lines: Lines) -> Iterator[tuple[bytes, bytes]]:
    """All prefixes of the sources, packed, IPv4 and IPv6 apart."""
    for given, file, name in opened(sources):
        if given is not None:
            data = bulk.packed(given)
            yield (data, b"") if given.version == 4 else (b"", data)
        else:
            yield from (bulk.pack(chunk, line, lines.bad(name)) for chunk, line in numbered(file))


def each(sources: Sequence[str] | None, lines: Lines) -> Iterator[Prefix]:
    """All prefixes of the sources in order."""
    for given, file, name in opened(sources):
        if given is not None:
            yield given
        else:
            for chunk, line in numbered(file):
                for _, found in bulk.each(chunk, line, lines.bad(name)):
                    yield found


def opened(sources: Sequence[str] | None) -> Iterator[tuple[Prefix | None, BinaryIO, str]]:
    """For each source a prefix, or None and the open file with its name. UsageError for a file that cannot be
    read.
    """
    stdin: TextIO = sys.stdin
    for source in sources or ("-",):
        if source == "-":
            yield None, stdin.buffer, "stdin"
            continue
        try:
            yield parse(source), stdin.buffer, source
            continue
        except AddressError as mistake:
            try:
                file = open(source, "rb")
            except OSError as error:
                raise _neither(source, mistake, error) from None
        with file:
            yield None, file, source


def numbered(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Chunks of whole lines, each with the number of its first line. UsageError where reading fails."""
    line = 1
    chunks = bulk.chunks(file)
    while True:
        try:
            chunk = next(chunks, None)
        except OSError as error:
            raise UsageError(f"{getattr(file, 'name', 'input')}: {error.strerror}") from None
        if chunk is None:
            return
        yield chunk, line
        line += chunk.count(b"\n")


def _neither(source: str, mistake: AddressError, error: OSError) -> UsageError:
    """Not a prefix, and not a file: one that looks like an address was meant to be one."""
    if (
        ":" in source
        or mistake.what.startswith("a range")
        or (source[:1].isdigit() and not set(source) - set("0123456789abcdefABCDEFx./"))
    ):
        return mistake
    return UsageError(f"{source}: {error.strerror}", "a file, '-' for stdin, or a prefix")


def texts(prefixes: Iterable[Prefix]) -> Iterator[str]:
    """Prefixes as text, some thousand lines at a time, to be written at once."""
    held: list[str] = []
    for prefix in prefixes:
        held.append(f"{prefix.network_text}\n")
        if len(held) == 4096:
            yield "".join(held)
            held.clear()
    yield "".join(held)
