"""`netlab http explain`: bytes from a file or a paste; their boxes, or what is wrong with them and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated

from netlab.errors import PeerError
from netlab.experiment import Experiment
from netlab.experiments.http.body import NOTHING, Body, read_file
from netlab.experiments.http.exchange_tables import ExchangeTables
from netlab.experiments.http.options import REQUEST, AnswerTo, Lenient, Raw
from netlab.http.events import Data, End, Event, Head, Incomplete, Refused
from netlab.http.exchange import Response
from netlab.http.limits import HeadLimits
from netlab.http.request import Request
from netlab.http.response import ResponseParser
from netlab.option import Argument, Option
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement

_REQUEST_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+ +[\x21-\xff]+ +HTTP/[0-9]\.[0-9][ \t]*\r?(?:\n|\Z)")
"""RFC 9112 §3, roughly: to recognise one, not to check it."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """`data`: the bytes of `responses` responses to `method`, called `name`. `crlf`: each LF stands for CR LF."""

    name: Annotated[str, Argument("Bytes of a response; - is stdin.", "FILE")]
    data: Body = NOTHING
    method: AnswerTo = "GET"
    responses: Annotated[int, Option("How many follow one another.", "N", 1, 1000, panel=REQUEST)] = 1
    lenient: Lenient = False
    crlf: Annotated[bool, Option("Read each LF as CR LF: for pasted text.", panel=REQUEST)] = False
    raw: Raw = False


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    return replace(parameters, data=read_file(parameters.name))


def _exit_code(found: Measurement) -> int:
    return PeerError.exit_code if found.fact("problem").value else 0


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    draft, tables = Draft(), ExchangeTables()
    data = bytes(parameters.data)
    if parameters.crlf:
        data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    limits = HeadLimits()
    parser = ResponseParser(limits, lenient=parameters.lenient)
    for _ in range(parameters.responses):
        parser.expect(parameters.method)
    events = parser.feed(data) + parser.feed_eof()
    groups = _by_response(events)
    for number, mine in enumerate(groups, 1):
        after = groups[number][0] if number < len(groups) else None
        unasked = after if isinstance(after, Refused) else None
        tables.add_response(number, mine, data, 0)
        response, size = _response(mine, data, parameters.method)
        tables.add_exchange(number, response, size, unasked, limits.decoded_bytes)
    if parameters.raw:
        tables.add_dump(1, "received", data, 0)
    problem = next((event for event in events if isinstance(event, (Refused, Incomplete))), None)
    draft.fact("bytes", len(data), "B")
    draft.fact("problem", str(problem or ""), "")
    draft.tables += tables.tables()
    draft.warnings += tables.warnings
    if problem is not None:
        draft.findings += _what_to_try(problem, data, parameters)
    return draft.finish()


def _by_response(events: list[Event]) -> list[list[Event]]:
    groups: list[list[Event]] = [[]]
    for event in events:
        if groups[-1] and isinstance(groups[-1][-1], End):
            groups.append([])
        groups[-1].append(event)
    return groups


def _response(events: list[Event], data: bytes, method: str) -> tuple[Response, int]:
    """The response that these events tell of, and how many of the bytes are its own."""
    head = next((event for event in events if isinstance(event, Head) and not event.interim), None)
    problem = next((event for event in events if isinstance(event, (Refused, Incomplete))), None)
    handed_over = head is not None and head.framing.kind == "upgrade"  # then what follows is nobody's body
    body = b"" if handed_over else b"".join(bytes(event.data) for event in events if isinstance(event, Data))
    start = next((event.start for event in events if isinstance(event, Head)), 0)
    end = next((event.end for event in events if isinstance(event, End)), len(data))
    response = Response(Request(method), head, body=body, body_bytes=len(body), problem=problem, events=events)
    return response, end - start


def _what_to_try(problem: Refused | Incomplete, data: bytes, parameters: Parameters) -> list[str]:
    if problem.where == "status line" and _REQUEST_LINE.match(data, data.rfind(b"\n", 0, problem.start) + 1):
        what = "This is a request, not a response: netlab http get shows the boxes of a request, and what is answered."
        return [what]
    if problem.what.startswith("LF without CR") and not parameters.crlf and b"\r\n" not in data:
        return ["The lines end in LF alone, as pasted text does: --crlf reads each LF as CR LF."]
    if (
        isinstance(problem, Refused)
        and problem.where == "after the response"
        and problem.source.endswith("§9.2")  # else the response before it was the last: no request could follow
        and data[problem.start :].startswith(b"HTTP/")
    ):
        text = "Another response begins at byte {start}: --responses {n} says that {n} requests were sent."
        return [say(text, start=problem.start, n=parameters.responses + 1)]
    if isinstance(problem, Refused) and not parameters.lenient:
        lenient = ResponseParser(lenient=True)
        for _ in range(parameters.responses):
            lenient.expect(parameters.method)
        if not any(isinstance(event, Refused) for event in lenient.feed(data) + lenient.feed_eof()):
            return ["--lenient lets that pass, and says so."]
    return []


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Explain bytes: every part with its place, or the first byte that is wrong.

    Exit code 4 where they are refused, or incomplete.
    """,
    examples=(
        "netlab http explain response.bin",
        "printf 'HTTP/1.1 200 OK\\r\\nA : b\\r\\n\\r\\n' | netlab http explain -",
    ),
    plots=False,
    settle=_settle,
    exit_code=_exit_code,
)
