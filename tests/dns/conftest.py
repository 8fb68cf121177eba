"""What the DNS tests start from: an Internet on paper for each test, and one on real sockets for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from paper import Paper

from netlab.dns.mini_internet import MiniInternet, ResolverProcess


@pytest.fixture
def paper() -> Paper:
    """The embedded zones and servers without sockets."""
    return Paper.embedded()


@pytest.fixture(scope="session")
def internet() -> Iterator[MiniInternet]:
    """The miniature Internet."""
    with MiniInternet() as net:
        yield net


@pytest.fixture(scope="session")
def resolver_process(internet: MiniInternet) -> Iterator[ResolverProcess]:
    """netlab's resolver for it."""
    with ResolverProcess(internet) as resolver:
        yield resolver
