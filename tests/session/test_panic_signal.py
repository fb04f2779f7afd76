"""Silence on a signal."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from livecomposer.session.panic_signal import silenced_by_signal

pytestmark = pytest.mark.skipif(not hasattr(signal, "sigwait"), reason="no such signal on this system")


def test_a_signal_is_a_panic_in_a_thread_of_its_own():
    """However often; and what the alarm has in its place then is called."""
    rung = []
    there = threading.Semaphore(0)

    def ring(name):
        rung.append((name, threading.current_thread().name))
        there.release()

    def is_there():  # in short waits: where another library's thread is given the signal, this one must pass it on
        return any(there.acquire(timeout=0.05) for _ in range(400))

    with silenced_by_signal(lambda: ring("first")) as panic_signal:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert is_there()
        panic_signal.panic = lambda: ring("second")
        os.kill(os.getpid(), signal.SIGUSR1)
        assert is_there()
    assert [("first", "alarm"), ("second", "alarm")] == rung


BYSTANDER = """
import os, signal, threading
from livecomposer.session.panic_signal import signal_kept, silenced_by_signal
signal_kept()
threading.Thread(target=threading.Event().wait, daemon=True).start()
rung = threading.Semaphore(0)
with silenced_by_signal(rung.release):
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGUSR1)
        assert rung.acquire(timeout=20)
os._exit(0)
"""


def test_neither_a_librarys_thread_nor_a_main_thread_that_waits_is_in_the_way():
    """The signal is kept for the alarm before others begin; the main thread does nothing but wait."""
    assert 0 == subprocess.run([sys.executable, "-c", BYSTANDER], check=False, timeout=120).returncode


LISTED = """
from pathlib import Path
from livecomposer.control import cli_commands as commands
commands.settings_of = lambda _: print(*(path.read_text() for path in Path("/proc/self/task").glob("*/status")))
try:
    commands.jam(None)
except AttributeError:
    pass
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists what a thread has blocked")
def test_jam_keeps_the_signal_before_its_libraries_begin_their_threads():
    """Numpy's arithmetic has some, which would be given it."""
    said = subprocess.run([sys.executable, "-c", LISTED], check=True, capture_output=True, text=True, timeout=120)
    blocked = [int(mask, 16) for mask in re.findall(r"^SigBlk:\s*(\w+)", said.stdout, re.MULTILINE)]
    assert blocked
    assert all(mask & 1 << signal.SIGUSR1 - 1 for mask in blocked)


def test_all_is_as_before_once_it_is_over():
    """Handler, mask and threads."""
    before = signal.getsignal(signal.SIGUSR1), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with silenced_by_signal(lambda: None):
        pass
    assert before == (signal.getsignal(signal.SIGUSR1), signal.pthread_sigmask(signal.SIG_BLOCK, ()))
    assert "alarm" not in {thread.name for thread in threading.enumerate()}


def test_outside_the_main_thread_nothing_is_touched():
    """A signal's handler is the main thread's to set."""
    rung = []

    def enter():
        with silenced_by_signal(lambda: rung.append(1)) as panic_signal:
            panic_signal.ring()

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert [] == rung
