"""Peer: the standard library's ThreadingTCPServer, a thread per connection. argv: PORT."""

import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except ConnectionError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    # The default of 5 makes the kernel drop connection attempts and the client wait a second for its retry:
    # that would measure the queue, not the threads.
    request_queue_size = 1024


with Server(("127.0.0.1", int(sys.argv[1])), Echo) as server:
    print("ready", server.server_address[1], flush=True)
    server.serve_forever()
