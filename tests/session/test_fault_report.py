"""What went wrong, in a line and in the journal."""

import asyncio
import json
import threading
from threading import Thread

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.faults import Fault, Faults
from livecomposer.session.fault_report import faults_reported
from livecomposer.takes.journal import Journal
from tests.fakes import counted


class Evening:
    """A loop in which faults are reported to ``said`` and to a journal in ``folder``."""

    def __init__(self, folder):
        self.faults, self.said = Faults(), []
        clock = ManualClock(12.5)
        self.journal = Journal(folder, began=10.0, header={})
        self.reported = faults_reported(self.faults, notify=self.said.append, clock=clock)

    def __enter__(self):
        self.reported.__enter__().journal = self.journal
        return self

    def __exit__(self, *raised):
        self.reported.__exit__(*raised)
        self.journal.close()

    def noted(self):
        """What the journal has of faults."""
        lines = [json.loads(line) for line in self.journal.path.read_text().splitlines()]
        return [line for line in lines if line.get("what") == "fault"]


def fail(*_):
    """A bug of somebody's."""
    raise RuntimeError("a bug\nin two lines")


def raised():
    """What :func:`fail` raises."""
    try:
        fail()
    except RuntimeError as error:
        return error


async def soon():
    """Until what is to be done soon is done."""
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.mark.parametrize("fault", Fault)
async def test_the_first_of_each_kind_is_a_line_and_in_the_journal(fault, tmp_path):
    """The second is neither."""
    with Evening(tmp_path) as evening:
        evening.faults.count(fault, "once")
        evening.faults.count(fault, "again")
        await soon()
    line = f"{fault.what}; {fault.remedy} (once)"
    assert [line] == evening.said
    assert [{"t": 2.5, "what": "fault", "kind": fault.key, "line": line, "trace": []}] == evening.noted()


async def test_what_was_raised_is_named_with_its_place_and_written_down_with_its_way(tmp_path):
    """The line is one; the journal has the traceback."""
    with Evening(tmp_path) as evening:
        await asyncio.to_thread(evening.faults.count, Fault.THRU_FAILED, raised())
        await soon()
    (line,), (noted,) = evening.said, evening.noted()
    assert "(RuntimeError: a bug in two lines at test_fault_report.py:" in line
    assert "in fail\n" in "".join(noted["trace"])


async def test_what_has_no_words_leaves_no_brackets(tmp_path):
    """Where nothing was raised the table says it all; an error without words has its name."""
    with Evening(tmp_path) as evening:
        evening.faults.count(Fault.DROPPED)
        evening.faults.count(Fault.CROWDED_OUT, ValueError())
        await soon()
    assert evening.said[0].endswith(Fault.DROPPED.remedy)
    assert evening.said[1].endswith("(ValueError)")


async def test_what_fails_in_the_loop_is_counted_and_the_loop_goes_on(tmp_path):
    """Callbacks and tasks that nobody waits for; what comes after them is done."""
    done, loop = [], asyncio.get_running_loop()
    with Evening(tmp_path) as evening:
        loop.call_soon(fail)
        loop.call_soon(done.append, "after")
        loop.call_exception_handler({"message": "Task exception was never retrieved"})
        await soon()
    assert ["after"] == done
    assert {Fault.LOOP_FAILED: 2} == counted(evening.faults)
    assert 1 == len(evening.said)


async def test_a_thread_that_ends_with_an_error_is_reported(tmp_path):
    """In place of a traceback."""
    with Evening(tmp_path) as evening:
        thread = Thread(target=fail)
        thread.start()
        await asyncio.to_thread(thread.join)
        await soon()
    assert {Fault.THREAD_FAILED: 1} == counted(evening.faults)
    assert "(RuntimeError: a bug in two lines at test_fault_report.py:" in evening.said[0]


async def test_the_loop_and_the_threads_have_their_own_handlers_back(tmp_path):
    """And what is counted afterwards is reported to nobody."""
    loop, seen, hook = asyncio.get_running_loop(), [], threading.excepthook
    loop.set_exception_handler(lambda _, context: seen.append(context["message"]))
    with Evening(tmp_path) as evening:
        pass
    loop.call_exception_handler({"message": "later"})
    evening.faults.count(Fault.DROPPED)
    await soon()
    assert (["later"], []) == (seen, evening.said)
    assert hook is threading.excepthook
