"""Requests, read by h11 from a channel: each wait and each size has a limit."""

from __future__ import annotations

import time
from collections.abc import Callable

import h11

from netlab.http_origin.channel import Channel, Gone
from netlab.http_origin.message import ReceivedRequest
from netlab.http_origin.settings import MOST_REQUEST_BODY_BYTES, Settings


def read_head(
    http: h11.Connection, channel: Channel, settings: Settings, stopping: Callable[[], bool]
) -> h11.Request | None:
    """The next request's head, or None where the client has ended. Two limits: silence, and a head that drips.

    Raises Gone, and h11.RemoteProtocolError where it is malformed.
    """
    deadline_s, why = time.monotonic() + settings.idle_s, "idle"
    while True:
        event = http.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        if stopping():
            raise Gone("stopped")
        data = channel.receive(deadline_s, why)
        if why == "idle":
            deadline_s, why = time.monotonic() + settings.head_s, "slow head"
        if not data and not http.trailing_data[0]:
            return None
        http.receive_data(data)


def read_request(
    http: h11.Connection, channel: Channel, head: h11.Request, scheme: str, body_s: float
) -> ReceivedRequest | None:
    """The request with its body; None where that is longer than we take. Raises as `read_head`."""
    body, size = [], 0
    deadline_s = time.monotonic() + body_s
    if http.they_are_waiting_for_100_continue:
        go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
        channel.send(http.send(go_on) or b"")
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(channel.receive(deadline_s, "slow body"))
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size > MOST_REQUEST_BODY_BYTES:
                return None
            body.append(bytes(event.data))
        else:
            break
    fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items())
    method, target = head.method.decode("latin-1"), head.target.decode("latin-1")
    return ReceivedRequest(method, target, head.http_version.decode("latin-1"), fields, b"".join(body), scheme)
