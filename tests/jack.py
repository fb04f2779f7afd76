"""A private JACK server on the dummy backend, so that tests with real audio and MIDI ports need no sound card."""

import os
import shutil
import signal
import subprocess
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

NAMES = [f"livecomposer-tests-{number}" for number in range(8)]
OURS = ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER", "JACK_NO_AUDIO_RESERVATION")
MEMORY = Path("/dev/shm")  # noqa: S108


def available() -> bool:
    """Whether ``jackd`` and its two small companions can be run here."""
    return all(shutil.which(name) for name in ("jackd", "jack_wait", "jack_lsp"))


def on_jack(test: Callable[..., object]) -> Callable[..., object]:
    """A test that runs a server: skipped where there is none, and in :data:`real_time`."""
    marked: Callable[..., object] = pytest.mark.skipif(not available(), reason=ABSENT)(real_time(test))
    return marked


@contextmanager
def jack_server(name: str | None = None, *, period: int = PERIOD, realtime: bool = False) -> Iterator[str]:
    """Run ``jackd`` under ``name`` (default: one that is free) and make it this process's default server.

    ``period``: frames; a longer one loses fewer messages on a busy machine. ``realtime``: go before other programs,
    clients too, where the system lets one.

    Yields the name; restores the environment and ends the server on leaving. Raises ``RuntimeError``, with the server's
    own words, where it does not come up.
    """
    before = os.environ.copy()
    os.environ.update({"JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"})
    try:
        server, started = _started(name, period, realtime=realtime)
        try:
            yield started
        finally:
            _ended(server)
    finally:
        for key in OURS:
            os.environ.pop(key, None) if key not in before else os.environ.update({key: before[key]})


def _started(name: str | None, period: int, *, realtime: bool) -> "tuple[subprocess.Popen[bytes], str]":
    said = b""
    haste = "--realtime" if realtime else "--no-realtime"
    for _ in range(ATTEMPTS):
        os.environ["JACK_DEFAULT_SERVER"] = tried = name or _free_name()
        server = subprocess.Popen(
            ["jackd", "-n", tried, haste, "-d", "dummy", "-r", str(RATE), "-p", str(period)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        subprocess.run(["jack_wait", "-s", tried, "-w", "-t", "10"], capture_output=True, check=False)
        listed = subprocess.run(["jack_lsp"], capture_output=True, check=False)
        if b"system:playback_1" in listed.stdout and server.poll() is None:  # else it is somebody else's
            return server, tried
        said = listed.stdout + listed.stderr
        _ended(server)
        _forget_dead_servers()
    raise RuntimeError(f"jackd did not start: {said.decode(errors='replace').strip()[-500:]}")


def _free_name() -> str:
    """One that no server has now. JACK has room for eight, and a killed one's is taken again by its own name alone."""
    running = "".join(command for *_, command in _servers())
    name = next(name for name in NAMES if f"-n {name} " not in running)
    for left in MEMORY.glob(f"jack*_{name}_*"):
        left.unlink(missing_ok=True)
    return name


def _servers() -> Iterator[tuple[int, int, str]]:
    """Every server that runs: its parent, itself, and how it was called."""
    listed = subprocess.run(["ps", "-Ao", "ppid=,pid=,args="], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        parent, itself, command = line.split(maxsplit=2)
        if command.startswith("jackd "):
            yield int(parent), int(itself), command


def _forget_dead_servers() -> None:
    """End servers whose tests were killed; where none is left, free the memory of all that have been."""
    for parent, itself, command in _servers():
        if parent == 1 and f"-n {NAMES[0][:-1]}" in command:
            os.kill(itself, signal.SIGKILL)
    if not list(_servers()):
        for left in MEMORY.glob("jack*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _ended(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
