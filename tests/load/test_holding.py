"""Holders: as many connections as were asked for, from addresses of their own, and reset at the end."""

from __future__ import annotations

import ipaddress
import os
import socket

import pytest

from netlab.child.shared_counters import SharedCounters
from netlab.load.dialling import ADDRESSES_A_NET, Dialler, source_address
from netlab.load.holding import Holders


def test_source_addresses_are_distinct_loopback_addresses() -> None:
    addresses = [ipaddress.ip_address(source_address(number)) for number in range(3 * ADDRESSES_A_NET)]
    assert len(set(addresses)) == len(addresses) and all(each.is_loopback for each in addresses)
    ipaddress.ip_address(source_address(63_499))


def test_holders_dial_from_addresses_of_their_own_and_stop_when_told() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        host, port = listener.getsockname()
        cpu = min(os.sched_getaffinity(0))
        with Holders(host, port, 60, [cpu, cpu, cpu], sample=0, seed=1) as holders:
            assert holders.open() == 0  # nobody dials before the gate opens
            holders.go()
            seen: list[int] = []
            grown = holders.settle(seen.append)
            assert grown.held == holders.open() == 60 and not grown.errors
            accepted = [listener.accept() for _ in range(60)]
            assert len({peer[0] for _, peer in accepted}) == 3
        for connection, _ in accepted:  # ended: reset, and not in TIME-WAIT
            connection.settimeout(10)
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
            connection.close()
        with Holders(host, port, 60, [cpu], sample=0, seed=1) as holders:
            holders.enough()
            holders.go()
            assert holders.settle(lambda _: None).held == 0


def test_an_abortive_dialler_resets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd = Dialler(socket.AF_INET, listener.getsockname(), 1, abortive=True).connect()
        connection, _ = listener.accept()
        os.close(fd)
        with connection, pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_holders_do_not_run_ahead_of_a_server_that_accepts_nothing() -> None:
    """They wait until the counters say that it accepts, or for a while; and a stop is heard meanwhile."""
    counters = SharedCounters.create("test", 3, 1)
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        host, port = listener.getsockname()
        cpu = min(os.sched_getaffinity(0))
        with Holders(host, port, 200, [cpu], sample=0, seed=1, queue=(counters, 0, 40)) as holders:

            def watch(now: int) -> None:
                if now >= 64:  # 32 would be too few to wait for, 64 are too many
                    holders.enough()

            holders.go()
            assert holders.settle(watch).held < 200
    counters.close()
