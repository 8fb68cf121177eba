"""netlink(7): messages and attributes from any bytes; and the kernel's answers, its refusals among them."""

from __future__ import annotations

import errno
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ordinary import ROOT, needs_networks

from netlab.errors import MachineLacks
from netlab.linux import netlink
from netlab.linux.netlink import Netlink, RefusedError, attribute, attributes, message, messages, refusal_of

GET_ROUTE, GET_NEIGHBOUR = 26, 30
ROUTE = struct.Struct("=BBBBBBBBI")
ERROR, DONE = 2, 3
CAPPED, HAS_ATTRIBUTES = 0x100, 0x200

kinds = st.integers(0, 0x3FFF)
numbers = st.integers(0, 2**32 - 1)


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535), numbers, st.binary(max_size=9)), max_size=4))
def test_messages_are_read_as_they_were_written(some: list[tuple[int, int, int, bytes]]) -> None:
    parts = [message(*one) for one in some]
    assert list(messages(b"".join(part + bytes(-len(part) % 4) for part in parts))) == some


@given(st.binary(max_size=100))
def test_any_bytes_are_messages_or_end_them(data: bytes) -> None:
    assert sum(16 + len(content) for _, _, _, content in messages(data)) <= len(data)


@pytest.mark.parametrize("length", [0, 15, 21, 2**32 - 1])
def test_a_length_that_cannot_be_ends_the_datagram(length: int) -> None:
    good = message(20, 0, 1, b"abcd")
    assert list(messages(good + struct.pack("=I", length) + good[4:])) == [(20, 0, 1, b"abcd")]


@given(st.dictionaries(kinds, st.binary(max_size=9), max_size=4), st.integers(0, 8))
def test_attributes_are_read_as_they_were_written(some: dict[int, bytes], offset: int) -> None:
    data = bytes(offset) + b"".join(attribute(kind, value) for kind, value in some.items())
    assert (len(data) - offset) % 4 == 0
    assert attributes(data, offset) == some
    for size in range(len(data)):
        cut = attributes(data[:size], offset)
        assert cut.items() <= some.items()


@given(st.binary(max_size=60), st.integers(0, 80))
def test_any_bytes_are_attributes_or_end_them(data: bytes, offset: int) -> None:
    assert sum(map(len, attributes(data, offset).values())) <= len(data)


def test_attributes_in_attributes_and_the_flags_of_a_type() -> None:
    inner = netlink.text(3, "eth0") + netlink.word(4, 1500)
    nested = 0x8000 | 18  # NLA_F_NESTED
    outer = attributes(attribute(nested, inner), 0)
    assert attributes(outer[18], 0) == {3: b"eth0\0", 4: struct.pack("=I", 1500)}


@pytest.mark.parametrize("flags", [HAS_ATTRIBUTES, HAS_ATTRIBUTES | CAPPED])
def test_the_kernels_words_stand_after_our_request(flags: int) -> None:
    request = message(24, 5, 1, b"our own body")
    content = struct.pack("=i", -errno.EINVAL) + (request[:16] if flags & CAPPED else request)
    words = attribute(2, bytes(4)) + netlink.text(1, "Nexthop has invalid gateway")
    said = refusal_of(ERROR, flags, content + words)
    assert said is not None and said.errno == errno.EINVAL
    assert said.strerror == "Invalid argument (Nexthop has invalid gateway)"


def test_the_kernels_words_at_the_end_of_a_table() -> None:
    said = refusal_of(DONE, HAS_ATTRIBUTES, struct.pack("=i", -errno.EINVAL) + netlink.text(1, "no such table"))
    assert said is not None and said.strerror == "Invalid argument (no such table)"


@given(st.sampled_from([ERROR, DONE]), st.integers(0, 65535), st.binary(max_size=60))
def test_any_bytes_are_a_refusal_or_none(kind: int, flags: int, data: bytes) -> None:
    said = refusal_of(kind, flags, data)
    assert (said is None) == (data[:4] == bytes(4) or (kind == DONE and len(data) < 4))
    assert said is None or (said.errno is not None and said.strerror)


class Scripted:
    """A socket whose answers are known: each a datagram, and who it is from (0: the kernel)."""

    def __init__(self, *datagrams: bytes, sender: int = 0, flags: int = 0) -> None:
        self._datagrams = iter(datagrams)
        self._sender, self._flags = sender, flags

    def send(self, data: bytes) -> int:
        return len(data)

    def recvmsg(self, _: int) -> tuple[bytes, list[object], int, tuple[int, int]]:
        data = next(self._datagrams, None)
        if data is None:
            raise TimeoutError("timed out")
        return data, [], self._flags, (self._sender, 0)

    def close(self) -> None: ...


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Netlink]:
    with Netlink() as real:
        yield real


def scripted(kernel: Netlink, *datagrams: bytes, sender: int = 0, flags: int = 0) -> Netlink:
    kernel.close()
    kernel._sock = Scripted(*datagrams, sender=sender, flags=flags)  # type: ignore[assignment]
    return kernel


END = message(DONE, 2, 1, bytes(4))


def test_a_table_comes_in_several_datagrams_and_ends_with_done(kernel: Netlink) -> None:
    parts = [message(28, 2, 1, b"one.") + message(28, 2, 1, b"two."), message(28, 2, 1, b"last"), END]
    assert list(scripted(kernel, *parts, message(28, 2, 1, b"late")).dump(30, b"")) == [b"one.", b"two.", b"last"]


def test_a_table_that_ends_with_an_error_is_not_whole(kernel: Netlink) -> None:
    found = scripted(kernel, message(28, 2, 1, b"one."), message(DONE, 2, 1, struct.pack("=i", -4))).dump(30, b"")
    assert next(found) == b"one."
    with pytest.raises(RefusedError) as caught:
        next(found)
    assert caught.value.errno == errno.EINTR


def test_answers_to_other_requests_are_skipped(kernel: Netlink) -> None:
    stale = message(28, 2, 9, b"old.") + message(DONE, 2, 9, bytes(4))
    assert scripted(kernel, stale, message(24, 0, 1, b"mine")).ask(26, b"") == b"mine"


def test_answers_of_another_process_are_skipped(kernel: Netlink) -> None:
    with pytest.raises(TimeoutError):
        scripted(kernel, message(24, 0, 1, b"fake"), sender=4321).ask(26, b"")


def test_strays_do_not_go_on_for_ever(kernel: Netlink) -> None:
    with pytest.raises(TimeoutError, match="everything but"):
        scripted(kernel, *[message(24, 0, 9, b"")] * 2000).change(24, b"")


def test_a_datagram_that_was_cut_is_not_read(kernel: Netlink) -> None:
    with pytest.raises(OSError) as caught:
        scripted(kernel, message(24, 0, 1, b"half"), flags=socket.MSG_TRUNC).ask(26, b"")
    assert caught.value.errno == errno.EMSGSIZE


def test_a_change_is_done_when_the_kernel_says_so(kernel: Netlink) -> None:
    scripted(kernel, message(ERROR, CAPPED, 1, bytes(20))).change(24, b"")
    with pytest.raises(RefusedError, match="File exists"):
        scripted(kernel, message(ERROR, 0, 2, struct.pack("=i", -errno.EEXIST) + bytes(16))).change(24, b"")


def test_who_asks_is_told_what_the_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MachineLacks, match="does not answer"), netlink.asking() as kernel:
        scripted(kernel).ask(GET_ROUTE, b"")
    with pytest.raises(RefusedError), netlink.asking() as kernel:
        kernel.ask(GET_NEIGHBOUR, struct.pack("=BBHiHBB", 2, 0, 0, 0, 0, 0, 0))

    def forbidden(*_: object) -> socket.socket:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(netlink.socket, "socket", forbidden)
    with pytest.raises(MachineLacks, match="no netlink socket: Operation not permitted"), netlink.asking():
        pass


def test_the_kernel_says_in_words_what_it_refuses(kernel: Netlink) -> None:
    with pytest.raises(RefusedError) as caught:
        kernel.ask(GET_NEIGHBOUR, struct.pack("=BBHiHBB", socket.AF_INET, 0, 0, 0, 0, 0, 0))
    assert caught.value.errno == errno.EINVAL
    assert "No device specified" in str(caught.value) or str(caught.value) == "[Errno 22] Invalid argument"


def test_a_table_that_was_given_up_does_not_disturb_the_next_question(kernel: Netlink) -> None:
    given_up = kernel.dump(GET_ROUTE, ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0))
    next(given_up, None)
    request = ROUTE.pack(socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, 0) + attribute(1, socket.inet_aton("127.0.0.1"))
    for _ in range(3):
        answer = kernel.ask(GET_ROUTE, request)
        assert attributes(answer, ROUTE.size)[1] == socket.inet_aton("127.0.0.1")


CREATED = """
import errno, json
from netlab.linux import neighbours, rtnetlink, routes
from netlab.addressing import prefix
from netlab.network.namespace import Namespace, become_own_root
become_own_root()
far = Namespace("far")
rtnetlink.set_up("lo")
rtnetlink.create_veth("near0", "far0", far.fd, "02:00:00:00:00:01", "02:00:00:00:00:02", 1400)
rtnetlink.set_up("near0")
rtnetlink.add_address("near0", "10.1.0.1", 24)
rtnetlink.add_neighbour("near0", "10.1.0.2", "02:00:00:00:00:02")
rtnetlink.add_route("10.9.0.0", 16, "10.1.0.2", "near0")
told = {"neighbours": [[str(each.address), str(each.mac), each.state] for each in neighbours.neighbours()]}
found = routes.decide(prefix.parse("10.9.8.7"))
told["route"] = [found.kind, found.interface, str(found.gateway), str(found.source)]
told["refused"] = []
for wrong in (
    lambda: rtnetlink.add_address("near0", "10.1.0.1", 24),
    lambda: rtnetlink.add_route("10.8.0.0", 16, "10.77.0.1", "near0"),
    lambda: rtnetlink.create_bridge("a name that is too long"),
):
    try:
        wrong()
    except OSError as error:
        told["refused"].append([errno.errorcode[error.errno], error.strerror])
print(json.dumps(told))
"""


def test_what_is_created_is_there_and_what_cannot_be_is_refused_in_words() -> None:
    needs_networks()
    done = subprocess.run([sys.executable, "-c", CREATED], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["neighbours"] == [["10.1.0.2/32", "02:00:00:00:00:02", "permanent"]]
    assert told["route"] == ["unicast", "near0", "10.1.0.2/32", "10.1.0.1/32"]
    codes, words = zip(*told["refused"], strict=True)
    assert codes == ("EEXIST", "ENETUNREACH", "ERANGE") or codes == ("EEXIST", "ENETUNREACH", "EINVAL"), told
    assert "Nexthop has invalid gateway" in words[1] or words[1] == "Network is unreachable"
