"""What only one test of the whole machine may have at a time: ports, and the queues of a broker.

A claim is a name in the kernel's abstract namespace of sockets: exclusive, for as long as its holder lives, and gone with
it even after kill -9. Other test runs and other workers of this one keep to it; no file is left behind.
"""

import errno
import hashlib
import random
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

PORTS_EACH = 3  # an installation's own, and its two simulators'
# Below those that the kernel gives to whoever asks for any port.
FIRST_PORTS = range(20_000, 32_000, PORTS_EACH)
BLOCK = 200
FIRST_OF_BLOCKS = range(10_000, 20_000, BLOCK)


@contextmanager
def ports() -> Iterator[int]:
    """The first of a few free ports in a row, which are nobody else's meanwhile."""
    while True:
        first = random.choice(FIRST_PORTS)
        claim = _claimed(f"ports-{first}")
        if claim is None:
            continue
        with closing(claim):
            if all(_is_free(first + number) for number in range(PORTS_EACH)):
                yield first
                return


@contextmanager
def block() -> Iterator[int]:
    """The first of BLOCK ports in a row, of which nobody else takes one by `block()` meanwhile: for servers of many ports."""
    while True:
        first = random.choice(FIRST_OF_BLOCKS)
        claim = _claimed(f"block-{first}")
        if claim is None:
            continue
        with closing(claim):
            if all(_is_free(first + number) for number in range(BLOCK)):
                yield first
                return


@contextmanager
def alone_with(name: str, seconds: float) -> Iterator[None]:
    """Waits until nobody else has claimed the name."""
    deadline = time.monotonic() + seconds
    while (claim := _claimed(name)) is None:
        assert time.monotonic() < deadline, f"somebody had {name} for {seconds} s"
        time.sleep(0.1)
    with closing(claim):
        yield


def _claimed(name: str) -> socket.socket | None:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        # A name has room for a hundred bytes, which a broker's address may exceed.
        claim.bind(f"\0switchboard-tests-{hashlib.sha256(name.encode()).hexdigest()}")
    except OSError as error:
        claim.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return claim


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
