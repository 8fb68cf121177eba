"""Peer: a gevent StreamServer echo server, a greenlet per connection. argv: PORT."""

import sys
from typing import Any

from gevent.server import StreamServer


def echo(connection: Any, address: object) -> None:
    try:
        while data := connection.recv(65536):
            connection.sendall(data)
    except ConnectionError:
        pass
    finally:
        connection.close()


server = StreamServer(("127.0.0.1", int(sys.argv[1])), echo)
server.start()
print("ready", server.server_port, flush=True)
server.serve_forever()
