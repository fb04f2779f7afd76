"""Which of our connections are made again."""

import json
import subprocess
import sys

from livecomposer.midi.port_watcher_process import PortTable

LINK = ("keys:out", "livecomposer:livecomposer")
BOTH = set(LINK)


def connected():
    """A bay that has seen one connection."""
    bay = PortTable()
    assert [] == bay.look(BOTH, {LINK}, set(), 0.0)
    return bay


def test_a_far_end_that_goes_and_comes_is_connected_again():
    """However long it was away."""
    bay = connected()
    assert [] == bay.look({LINK[1]}, set(), set(), 1.0)
    assert [LINK] == bay.look(BOTH, set(), {LINK[0]}, 1000.0)
    assert [] == bay.look(BOTH, {LINK}, set(), 1001.0)


def test_a_far_end_that_was_away_only_between_two_looks_is_connected_again():
    """It was made anew since."""
    assert [LINK] == connected().look(BOTH, set(), {LINK[0]}, 1.0)


def test_a_dying_program_loses_its_connections_before_its_ports():
    """Which is no wish of the performer's."""
    bay = connected()
    assert [] == bay.look(BOTH, set(), set(), 1.0)
    assert [] == bay.look({LINK[1]}, set(), set(), 1.1)
    assert [LINK] == bay.look(BOTH, set(), {LINK[0]}, 5.0)


def test_what_was_disconnected_on_purpose_stays_so():
    """Even if the program ends later and comes back."""
    bay = connected()
    assert [] == bay.look(BOTH, set(), set(), 1.0)
    assert [] == bay.look(BOTH, set(), set(), 9.0)
    assert [] == bay.look({LINK[1]}, set(), set(), 10.0)
    assert [] == bay.look(BOTH, set(), {LINK[0]}, 11.0)


def test_a_connection_that_is_refused_is_given_up_in_the_end():
    """Not every port wants to be connected."""
    bay = PortTable()
    bay.ask(LINK)
    tries = [bay.look(BOTH, set(), set(), 0.1 * i) for i in range(200)]
    assert [LINK] == tries[0]
    assert [] == tries[-1]


def test_the_program_prints_what_there_is_prints_it_anew_when_asked_and_ends_with_its_input(jack):
    """On a private server without any MIDI port."""
    command = [sys.executable, "-m", "livecomposer.midi.port_watcher_process"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        found = json.loads(program.stdout.readline())
        program.stdin.write("[]\n")
        program.stdin.flush()
        again = json.loads(program.stdout.readline())
        program.stdin.close()
        assert 0 == program.wait(20)
    assert {"inputs", "outputs", "links"} == set(found["Jack"])
    assert {"inputs", "outputs", "links"} == set(again["Jack"])
