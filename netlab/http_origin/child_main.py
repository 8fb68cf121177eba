"""In the child process: the origin, until SIGTERM.

The child is started without site-packages; config["site"] has h11.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from netlab.child.child_side import Message, send

if TYPE_CHECKING:
    from types import FrameType


def main(config: Message) -> None:
    """Serve as config["settings"] says (the fields of Settings): say where, and at the end what was seen."""
    sys.path.append(config["site"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which then stops us
    signal.signal(signal.SIGTERM, _leave)  # until there is something to stop: leave, and take files along
    from netlab.http_origin.certificate import server_context
    from netlab.http_origin.server import OriginServer
    from netlab.http_origin.settings import Settings
    from netlab.http_origin.site import Site

    settings = Settings(**config["settings"])
    tls, ca_pem = (None, None) if settings.tls_port is None else server_context(settings.host)
    server = OriginServer(settings, Site(settings.directory, settings.wire_dir, ca_pem), tls)
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    send({"port": server.port, "tls_port": server.tls_port, "ca_pem": ca_pem})
    server.run()
    server.close()
    send({"counts": server.counts})


def _leave(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)
