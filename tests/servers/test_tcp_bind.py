"""Where a TCP server listens, and what it says in one line when it cannot."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest
from tcp_peer import StartTcp, connect, is_echoed, noise, open_descriptors, rest

from netlab.errors import MachineLacks, NetlabError, UsageError
from netlab.servers import child
from netlab.servers.modes import Mode, find

LACKS, USAGE = MachineLacks.exit_code, UsageError.exit_code


def has_ipv6_loopback() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def is_one_line(error: NetlabError) -> bool:
    return "\n" not in error.message and "Traceback" not in error.message and 10 < len(error.message) < 200


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no ::1 (net.ipv6.conf.all.disable_ipv6)")
def test_ipv6_is_served(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    server = start_tcp(tcp_mode, host="::1")
    assert server.host == "::1"
    with connect(server) as client:
        assert client.family == socket.AF_INET6
        assert is_echoed(client, noise(70_000))
        client.shutdown(socket.SHUT_WR)
        assert rest(client) == b""
    assert server.stop().exit_code == 0


@pytest.mark.skipif(not has_ipv6_loopback(), reason="this machine has no ::1 (net.ipv6.conf.all.disable_ipv6)")
def test_an_ipv6_server_leaves_the_same_port_of_ipv4_to_others(start_tcp: StartTcp) -> None:
    six = start_tcp(find("tcp", "epoll"), host="::")
    four = start_tcp(find("tcp", "epoll"), host="0.0.0.0", port=six.port)
    assert four.port == six.port


def test_a_name_is_resolved(start_tcp: StartTcp) -> None:
    server = start_tcp(find("tcp", "epoll"), host="localhost")
    assert server.host in {"127.0.0.1", "::1"}


def test_port_0_is_a_free_port_and_the_server_says_which(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    assert start_tcp(tcp_mode).port != start_tcp(tcp_mode).port


def test_a_port_that_another_program_has_is_an_error_that_says_so(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NetlabError) as caught:
            start_tcp(tcp_mode, port=port)
    assert is_one_line(caught.value)
    assert caught.value.exit_code == USAGE
    assert f"127.0.0.1 port {port} is in use" in caught.value.message
    assert caught.value.hint and "--port" in caught.value.hint


def test_a_port_that_a_server_of_ours_has_is_in_use_too(tcp_mode: Mode, start_tcp: StartTcp) -> None:
    """Also where SO_REUSEPORT would let two of them share it, and the clients with it, unawares."""
    first = start_tcp(tcp_mode)
    with pytest.raises(NetlabError, match="is in use") as caught:
        start_tcp(tcp_mode, port=first.port)
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize(
    ("host", "what"),
    [
        ("no.such.host.invalid", "no address of this machine"),
        ("not a name", "no address of this machine"),
        ("", "no address of this machine"),
        ("x" * 64 + ".example", "no address of this machine"),
        ("256.1.1.1", "no address of this machine"),
        ("192.0.2.1", "not an address of this machine"),  # TEST-NET-1, RFC 5737: nobody has it
        ("2001:db8::1", "not an address of this machine"),  # RFC 3849
    ],
)
def test_a_host_that_cannot_be_listened_on_is_an_error_that_says_so(host: str, what: str, start_tcp: StartTcp) -> None:
    if ":" in host and not has_ipv6_loopback():
        pytest.skip("this machine has no IPv6")
    with pytest.raises(NetlabError) as caught:
        start_tcp(find("tcp", "epoll"), host=host)
    assert is_one_line(caught.value)
    assert caught.value.exit_code == USAGE
    assert what in caught.value.message
    assert caught.value.hint and "--host" in caught.value.hint


@pytest.mark.parametrize("port", [-1, 65_536, 70_000])
def test_a_number_that_is_no_port_is_an_error_that_says_so(port: int, start_tcp: StartTcp) -> None:
    with pytest.raises(NetlabError) as caught:
        start_tcp(find("tcp", "epoll"), port=port)
    assert is_one_line(caught.value)
    assert caught.value.exit_code == USAGE
    assert str(port) in caught.value.message and "65535" in f"{caught.value.message}{caught.value.hint}"


def test_a_privileged_port_is_an_error_that_says_so(start_tcp: StartTcp) -> None:
    first_free = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if os.geteuid() == 0 or first_free <= 1:
        pytest.skip("this user may bind every port")
    with pytest.raises(NetlabError) as caught:
        start_tcp(find("tcp", "epoll"), port=first_free - 1)
    assert is_one_line(caught.value)
    assert caught.value.exit_code == LACKS
    assert "no permission" in caught.value.message


@pytest.mark.parametrize(
    ("number", "kind", "what"),
    [
        (errno.EACCES, MachineLacks, "no permission to bind"),
        (errno.EPERM, MachineLacks, "no permission to bind"),
        (errno.EAFNOSUPPORT, MachineLacks, "no such address family"),
        (errno.EADDRINUSE, UsageError, "in use"),
        (errno.EADDRNOTAVAIL, UsageError, "not an address of this machine"),
        (errno.ENOBUFS, UsageError, "No buffer space available"),
    ],
)
def test_what_bind_refuses_becomes_one_line_and_no_socket_stays_open(
    number: int, kind: type[NetlabError], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusals that not every machine, and not root, can bring about."""

    class Refusing(socket.socket):
        def bind(self, address: object) -> None:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr("netlab.servers.child.socket.socket", Refusing)
    before = open_descriptors()
    with pytest.raises(kind) as caught:
        child.bind("tcp", "127.0.0.1", 80, 16, reuse_port=False)
    assert is_one_line(caught.value)
    assert what in caught.value.message
    assert open_descriptors() == before


def test_a_kernel_without_the_address_family_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing(socket.socket):
        def __init__(self, family: int = -1, *others: int, **named: int) -> None:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))

    monkeypatch.setattr("netlab.servers.child.socket.socket", Missing)
    with pytest.raises(MachineLacks, match="no such address family"):
        child.bind("tcp", "127.0.0.1", 0, 16, reuse_port=False)
