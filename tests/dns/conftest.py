"""What the DNS tests start from: an Internet on paper for each test, and one on real sockets for all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netlab.dns.mini_internet import MiniInternet, ResolverProcess

sys.path.insert(0, str(Path(__file__).parent))

from paper import Paper


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
