"""What can be set of an origin, and its limits: every buffer, wait and crowd has one."""

from __future__ import annotations

from dataclasses import dataclass

MOST_HEAD_BYTES = 16384
MOST_REQUEST_BODY_BYTES = 1 << 20
MOST_PAUSE_S = 60.0
MOST_ENDLESS_BYTES = 1 << 30  # of a response that has no end: enough for any client to have noticed


@dataclass(frozen=True, slots=True)
class Settings:
    """`port`, `tls_port`: 0 is any free one; `tls_port` None: no HTTPS. `directory`: files to serve; `wire_dir`: files
    to replay as responses, byte for byte. Times in seconds.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls_port: int | None = None
    directory: str | None = None
    wire_dir: str | None = None
    max_connections: int = 256
    idle_s: float = 15.0  # between requests
    head_s: float = 10.0  # for a whole request head, however it drips
    body_s: float = 10.0  # for a whole request body
    write_s: float = 10.0  # for the peer to take one piece (64 KiB) of a response
    drain_s: float = 1.0  # for responses that are under way when the origin is told to stop
