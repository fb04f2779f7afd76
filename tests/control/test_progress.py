"""Progress, where a person looks."""

import io
import sys

from livecomposer.control.progress import LINES, bar


class Terminal(io.StringIO):
    """Says that it is a terminal; unreal in that nobody looks."""

    def isatty(self):
        return True


def test_a_pipe_gets_nothing(monkeypatch):
    """Logs stay clean."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with bar("reading", 10, unit="files") as progress:
        progress(5)
    assert "" == sys.stderr.getvalue()


def test_a_terminal_without_tqdm_gets_nothing(monkeypatch):
    """It comes with the extras; without it everything still runs."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("livecomposer.control.progress.find_spec", lambda _name: None)
    with bar("reading", 10, unit="files") as progress:
        progress(5)
    assert "" == sys.stderr.getvalue()


def test_a_terminal_gets_a_bar(monkeypatch):
    """What is being done, and how far it is; the total may come with the progress."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    with bar("reading", 0, unit="files") as progress:
        progress(5, 10)
    assert "reading  50%" in sys.stderr.getvalue()


def test_a_program_that_asks_for_them_gets_lines(monkeypatch):
    """One at each new percent, whatever standard error is."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setenv(LINES, "lines")
    with bar("reading", 0, unit="files") as progress:
        for done in (0, 1, 500, 500, 2000):
            progress(done, 1000)
    assert ["progress 0", "progress 50", "progress 100"] == sys.stderr.getvalue().splitlines()
