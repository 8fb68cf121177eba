"""In a child process: the miniature Internet, until SIGTERM. Imports nothing of dnspython before it knows where that is."""

from __future__ import annotations

import signal
import sys

from netlab.child.inside import Message, send


def main(config: Message) -> None:
    """Serve the zones in config["folder"] on config["port"] (None: 5300 or the next that is free), and say where."""
    sys.path.append(config["site"])  # the child is started without site-packages
    from netlab.dns.loop import Loop
    from netlab.dns.mini_internet import open_servers

    loop = Loop()
    servers, topology, port, network = open_servers(loop, config["folder"], config["port"])
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which then stops us
    # The copy that the secondary makes is part of being ready.
    while any(each.busy for each in servers.secondaries):
        loop.turn()
    send({"port": port, "network": network, "roots": topology.roots, "servers": len(servers.listeners), "zones": topology.zones})
    loop.run()
    servers.close()
    loop.close()
    send({"counts": dict(servers.counts)})
