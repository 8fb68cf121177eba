"""The closed loop over UDP with several datagrams in flight for each client."""

from __future__ import annotations

from netlab.clock import monotonic_ns as clock
from netlab.load.udp_client import LOST_AFTER_S, UdpClient
from netlab.load.udp_numbered import Numbered


class UdpPipelined(Numbered):
    """Keeps `depth` datagrams under way for each client, `limit` a client in all."""

    depth = 1
    limit = 1 << 62

    def run(self) -> None:
        """Drive until the window ends and every datagram is back or lost."""
        for client in list(self.clients.values()):
            self.swept(client)
        while self.clients and self.turn_around(LOST_AFTER_S / 4):
            pass
        self.finish()

    def received(self, client: UdpClient) -> None:
        """Each echo that is back makes room for the next datagram."""
        super().received(client)
        self.swept(client)

    def swept(self, client: UdpClient) -> None:
        """Send until `depth` are under way; a client with nothing left to do or to wait for is retired."""
        now = clock()
        while not self.meter.over and len(client.in_flight) < self.depth and client.sent < self.limit:
            self.send(client, now, now)
        if not client.in_flight:
            self.retire(client.fd)
