"""Silence on a signal."""

import os
import signal
import threading

import pytest

from livecomposer.session.alarm import silenced_by_signal

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

    with silenced_by_signal(lambda: ring("first")) as alarm:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert is_there()
        alarm.panic = lambda: ring("second")
        os.kill(os.getpid(), signal.SIGUSR1)
        assert is_there()
    assert [("first", "alarm"), ("second", "alarm")] == rung


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
        with silenced_by_signal(lambda: rung.append(1)) as alarm:
            alarm.ring()

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert [] == rung
