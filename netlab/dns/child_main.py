"""In child processes: the miniature Internet, or a recursive resolver, until SIGTERM.

The child is started without site-packages, so nothing of dnspython is imported before config["site"] says where it is.
"""

from __future__ import annotations

import signal
import sys

from netlab.child.child_side import Message, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netlab.dns.loop import Loop


def internet(config: Message) -> None:
    """Serve the zones in config["folder"] on config["port"] (None: 5300 or the next that is free), and say where."""
    sys.path.append(config["site"])
    from netlab.dns.loop import Loop
    from netlab.dns.mini_internet import open_servers

    loop = Loop()
    servers, topology, port, network = open_servers(loop, config["folder"], config["port"])
    _stop_on_sigterm(loop)
    while any(each.busy for each in servers.secondaries):  # the copy that a secondary makes is part of being ready
        loop.turn()
    send(
        {
            "port": port,
            "network": network,
            "roots": topology.roots,
            "servers": len(servers.listeners),
            "zones": topology.zones,
        }
    )
    loop.run()
    servers.close()
    loop.close()


def resolver(config: Message) -> None:
    """Resolve from config["roots"] (name, address) on config["port"] for stubs, at 127.0.0.1 on a free port."""
    sys.path.append(config["site"])
    import random
    from collections import Counter

    from netlab.dns.loop import Loop
    from netlab.dns.mini_internet import hints_of
    from netlab.dns.recursor import Recursor
    from netlab.dns.resolver import Resolver, ResolverPolicy
    from netlab.dns.transport import Listener, Upstream

    loop = Loop()
    upstream = Upstream(loop)
    shared = Resolver(hints_of(config["roots"]), random.SystemRandom(), ResolverPolicy(port=config["port"]))
    listener = Listener(loop, ("127.0.0.1", 0), Recursor(shared, upstream.drive, loop.now_s), Counter())
    _stop_on_sigterm(loop)
    send({"address": listener.where[0], "port": listener.where[1]})
    loop.run()
    listener.close()
    upstream.close()
    loop.close()


def _stop_on_sigterm(loop: Loop) -> None:
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which then stops us
