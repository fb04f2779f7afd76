"""A private JACK server on the dummy backend, so that tests with real audio and MIDI ports need no sound card."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["ABSENT", "RATE", "available", "jack_server", "on_jack", "real_time"]

RATE = 48000
"""Sample rate of the private server, Hz."""

PERIOD = 128
"""Frames a period of the private server, unless told otherwise."""

ABSENT = "jackd is not installed (apt install jackd2, brew install jack)"
"""Why a test that needs the server is skipped."""

real_time = pytest.mark.flaky(reruns=2)
"""For what several programs do in real time together: a machine that others share stands still now and then."""

ATTEMPTS = 3
"""Servers that start at one moment clean up each other's shared memory now and then."""


def available() -> bool:
    """Whether ``jackd`` and its two small companions can be run here."""
    return all(shutil.which(name) for name in ("jackd", "jack_wait", "jack_lsp"))


def on_jack(test: Callable[..., object]) -> Callable[..., object]:
    """A test that runs a server: skipped where there is none, and in :data:`real_time`."""
    marked: Callable[..., object] = pytest.mark.skipif(not available(), reason=ABSENT)(real_time(test))
    return marked


@contextmanager
def jack_server(name: str | None = None, *, period: int = PERIOD, realtime: bool = False) -> Iterator[str]:
    """Run ``jackd`` under ``name`` (default: a fresh one) and make it this process's default server.

    ``period``: frames; a longer one loses fewer messages on a busy machine. ``realtime``: go before other programs,
    clients too, where the system lets one.

    Yields the name; restores the environment and ends the server on leaving. Raises ``RuntimeError``, with the server's
    own words, where it does not come up.
    """
    name = name or f"livecomposer-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    ours = {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}
    kept = {key: os.environ.get(key) for key in ours}
    os.environ.update(ours)
    try:
        server = _started(name, period, realtime=realtime)
        try:
            yield name
        finally:
            _ended(server)
    finally:
        for key, value in kept.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})


def _started(name: str, period: int, *, realtime: bool) -> "subprocess.Popen[bytes]":
    said = b""
    haste = "--realtime" if realtime else "--no-realtime"
    for _ in range(ATTEMPTS):
        server = subprocess.Popen(
            ["jackd", "-n", name, haste, "-d", "dummy", "-r", str(RATE), "-p", str(period)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        subprocess.run(["jack_wait", "-s", name, "-w", "-t", "10"], capture_output=True, check=False)
        listed = subprocess.run(["jack_lsp"], capture_output=True, check=False)
        if b"system:playback_1" in listed.stdout:
            return server
        said = listed.stdout + listed.stderr
        _ended(server)
        _forget_dead_servers()
    raise RuntimeError(f"jackd {name} did not start: {said.decode(errors='replace').strip()[-500:]}")


def _forget_dead_servers() -> None:
    """A server that had to be killed keeps one of eight places; they are freed where no server runs at all."""
    if subprocess.run(["pgrep", "-x", "jackd"], capture_output=True, check=False).returncode == 1:
        for left in Path("/dev/shm").glob("jack*"):  # noqa: S108
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _ended(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
