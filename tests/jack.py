"""A private JACK server on the dummy backend, so that tests with real audio and MIDI ports need no sound card."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

__all__ = ["ABSENT", "RATE", "available", "jack_server", "on_jack", "real_time"]

RATE = 48000
"""Sample rate of the private server, Hz."""

PERIOD = 128
"""Frames a period of the private server, unless told otherwise."""

ABSENT = "jackd is not installed (apt install jackd2, brew install jack)"
"""Why a test that needs the server is skipped."""

ATTEMPTS = 3
"""Servers that start at one moment clean up each other's shared memory now and then."""

NAMES = [f"livecomposer-tests-{number}" for number in range(8)]
OURS = ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER", "JACK_NO_AUDIO_RESERVATION")
MEMORY = Path("/dev/shm")  # noqa: S108


def available() -> bool:
    """Whether ``jackd`` and its two small companions can be run here."""
    return all(shutil.which(name) for name in ("jackd", "jack_wait", "jack_lsp"))


def real_time(test: Callable[..., object]) -> Callable[..., object]:
    """A test of what must come in time, or all of it, through several programs; tried again where it does not.

    On a shared machine JACK loses a fifth of all messages in some minutes, and none in others. Not for what must never
    happen at all, such as a crash or a note left on.
    """
    patient: Callable[..., object] = pytest.mark.timeout(900)(pytest.mark.flaky(reruns=10, reruns_delay=10)(test))
    return patient


def on_jack(test: Callable[..., object]) -> Callable[..., object]:
    """A test that runs a server: skipped where there is none."""
    marked: Callable[..., object] = pytest.mark.skipif(not available(), reason=ABSENT)(test)
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
        with nullcontext(name) if name else _reserved() as ours:
            os.environ["JACK_DEFAULT_SERVER"] = ours
            server = _started(ours, period, realtime=realtime)
            try:
                yield ours
            finally:
                _ended(server)
    finally:
        for key in OURS:
            os.environ.pop(key, None) if key not in before else os.environ.update({key: before[key]})


@contextmanager
def _reserved() -> Iterator[str]:
    """A name that is nobody else's meanwhile, on the whole machine.

    JACK has room for eight names, and gives that of a server that was killed to none but a server of the same name.
    """
    import fcntl  # which Windows has not, nor JACK's small programs

    for name in NAMES:
        with (Path(tempfile.gettempdir()) / f"{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _bury(name)
            yield name
            return
    raise RuntimeError(f"{', '.join(NAMES)}: tests use all of these servers; wait until some have ended")


def _bury(name: str) -> None:
    """End what tests that were killed have left of this server; where no server runs, of any: all places are free."""
    for itself, command in _servers():
        if f"-n {name} " in command:
            os.kill(itself, signal.SIGKILL)
    for left in MEMORY.glob(f"jack*_{name}_*" if list(_servers()) else "jack*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


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
    raise RuntimeError(f"jackd {name} did not start: {said.decode(errors='replace').strip()[-500:]}")


def _servers() -> Iterator[tuple[int, str]]:
    """Every server that runs, and how it was called."""
    listed = subprocess.run(["ps", "-Ao", "pid=,args="], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        itself, command = line.split(maxsplit=1)
        if Path(command.split()[0]).name.startswith("jackd"):  # jackdbus too
            yield int(itself), command


def _ended(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
