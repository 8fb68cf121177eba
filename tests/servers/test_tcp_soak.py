"""A million messages later the server is as small as it was at the beginning."""

from __future__ import annotations

import pytest
from tcp_peer import StartTcp, connect, many, open_descriptors, ping, receive, until_count

from netlab.linux.process import memory
from netlab.servers.counters import Count
from netlab.servers.modes import find

pytestmark = [pytest.mark.soak, pytest.mark.serial]

MESSAGE = b"0123456789abcdef"
CLIENTS, IN_FLIGHT = 50, 100
ROUNDS = 1_000_000 // (CLIENTS * IN_FLIGHT)


def test_a_million_messages_leave_no_growth_in_memory_or_descriptors(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "epoll"))
    burst = MESSAGE * IN_FLIGHT
    with many(server, CLIENTS) as clients:

        def round_trip() -> None:
            for client in clients:
                client.sendall(burst)
            for client in clients:
                assert receive(client, len(burst)) == burst

        for _ in range(ROUNDS // 10):
            round_trip()
        descriptors, rss_bytes = open_descriptors(server.pid), memory(server.pid).rss_bytes
        for _ in range(ROUNDS - ROUNDS // 10):
            round_trip()
        assert open_descriptors(server.pid) == descriptors
        assert memory(server.pid).rss_bytes - rss_bytes < 300_000
    until_count(server, Count.CLOSED, CLIENTS)
    outcome = server.stop()
    assert outcome.exit_code == 0
    assert outcome.counts[Count.BYTES_IN] == outcome.counts[Count.BYTES_OUT] == 1_000_000 * len(MESSAGE)


def test_thousands_of_connections_leave_no_growth_in_memory_or_descriptors(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "epoll"))

    def visits(number: int) -> None:
        for _ in range(number):
            with connect(server) as client:
                assert ping(client)

    visits(500)
    until_count(server, Count.CLOSED, 500)
    descriptors, rss_bytes = open_descriptors(server.pid), memory(server.pid).rss_bytes
    visits(5_000)
    until_count(server, Count.CLOSED, 5_500)
    assert open_descriptors(server.pid) == descriptors
    assert memory(server.pid).rss_bytes - rss_bytes < 300_000
