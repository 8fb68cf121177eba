"""A trace as tables: the timeline, the states of its sockets, every packet; and as the recording of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlab.experiments.wire.packet_story import PacketTables
from netlab.experiments.wire.timeline_rows import SocketStateRow, TimelineRow, View
from netlab.experiments.wire.trace import Segment, Trace, records
from netlab.experiments.wire.wire_recording import recording_of
from netlab.network.timeline import Event, Kind
from netlab.report.quantity import Draft
from netlab.report.rows import table_of

_VIEWS: dict[Kind, View] = {"call": "system call", "return": "system call", "state": "kernel", "gone": "kernel"}


def report(draft: Draft, seen: Trace, claims: Sequence[tuple[float, str]] = ()) -> None:
    """The timeline with the course's `claims` (time, words), and every frame, as tables."""
    rows = [*_events(seen), *map(_sent, seen.marked())]
    packets = {each.sent_s: each.number for each in seen.segments}
    rows += [TimelineRow(at_s, "course", "", words, "", None, packets.get(at_s)) for at_s, words in claims]
    order = {"system call": 0, "wire": 1, "kernel": 2, "course": 3}
    rows.sort(key=lambda row: (row.time, order[row.view]))
    draft.tables.append(table_of(TimelineRow, rows, shown=False))
    draft.tables.append(table_of(SocketStateRow, _states(seen), shown=False))
    draft.recording = recording_of(seen.observation, seen.start_ns)
    draft.lacking = seen.lacking
    story = PacketTables(start_ns=seen.observation.epoch_ns + seen.start_ns)
    for number, record in enumerate(records(seen), start=1):
        story.add(record, number <= 20)
    draft.tables += story.tables()


def _events(seen: Trace) -> Iterator[TimelineRow]:
    """System calls and states."""
    numbers = _socket_numbers(seen)
    for event in seen.events():
        yield TimelineRow(
            time=seen.at_s(event),
            view=_VIEWS[event.kind],
            host=event.host,
            what=f"{event.what} returns" if event.kind == "return" else event.what,
            detail=event.detail,
            arrived=None,
            packet=None,
            call=event.call,
            socket=numbers.get((event.host, event.socket)),
            not_before=_not_before(seen, event),
        )


def _states(seen: Trace) -> Iterator[SocketStateRow]:
    """Those from before the mark, too."""
    numbers = _socket_numbers(seen)
    for event in seen.everything():
        if event.kind in ("state", "gone"):
            number, before = numbers.get((event.host, event.socket)), _not_before(seen, event)
            yield SocketStateRow(seen.at_s(event), event.host, number, event.what, event.detail, before)


def _not_before(seen: Trace, event: Event) -> float | None:
    return None if event.before_ns is None else (event.before_ns - seen.start_ns) / 1e9


def _socket_numbers(seen: Trace) -> dict[tuple[str, int | None], int]:
    """By host and cookie, in the order in which they come up."""
    known = dict.fromkeys((event.host, event.socket) for event in seen.everything() if event.socket is not None)
    return {socket: number for number, socket in enumerate(known, start=1)}


def _sent(each: Segment) -> TimelineRow:
    fate = "" if each.fate == "delivered" else each.fate
    return TimelineRow(
        time=each.sent_s,
        view="wire",
        host=each.sender,
        what=each.words() + (", again" if each.again else ""),
        detail=fate,
        arrived=each.arrived_s,
        packet=each.number,
        to="server" if each.sender == "client" else "client",
        lost="" if each.arrived_s is not None else fate or "still on the wire",
        again=each.again,
    )
