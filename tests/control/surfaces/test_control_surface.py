"""Controllers on a performance, without MIDI ports."""

import asyncio
import tomllib

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.control.surfaces.bindings import Controls, layer_of
from livecomposer.control.surfaces.control_surface import ControlSurface, played_on
from livecomposer.control.surfaces.midi_learn import PATIENCE, MidiLearn
from livecomposer.session.commands.frontend_api import InputFilters
from livecomposer.settings import Settings
from tests.control.desks import NotedDesk
from tests.fakes import FakeSink


class Stage:
    """A surface whose loop is ``run``: what was to be done soon waits until then."""

    def __init__(self, table, **more):
        self.dispatcher, self.feedback, self.said, self.later, self.silenced = NotedDesk(), FakeSink(), [], [], 0
        controls = Controls([layer_of(table, where="test")])
        ways = {"silence": self.silence, "soon": lambda *call: self.later.append(call), "notify": self.said.append}
        self.surface = ControlSurface(controls, self.dispatcher, feedback=self.feedback, **ways | more)
        self.dispatcher.watch(self.surface.changed)

    def silence(self):
        """Count it."""
        self.silenced += 1

    def play(self, *messages):
        """Which messages were kept from the music; then what they ask for is done."""
        kept = [self.surface.gate(bytes(message)) for message in messages]
        self.run()
        return kept

    def run(self):
        """The loop's turn."""
        while self.later:
            call, *arguments = self.later.pop(0)
            call(*arguments)


def test_what_is_bound_is_no_music_and_all_else_is():
    """A bound key's release is kept too; on other channels it passes."""
    stage = Stage({"cc:21": "creative_risk", "note:36@10": "tap"})
    assert [True, True, True] == stage.play((0xB3, 21, 64), (0x99, 36, 9), (0x89, 36, 0))
    passed = stage.play((0xB3, 22, 64), (0x90, 36, 9), (0xB0, 64, 127), (0xE0, 0, 64), (0xD0, 9), (0xC0, 9))
    assert [False] * 6 == passed


def test_a_key_that_is_bound_while_it_is_held_ends_as_it_began():
    """Bound or let go of by a file that is read again: no note is left on."""
    stage = Stage({"note:36": "tap"})
    bound, other = (Controls([layer_of({name: "tap"}, where="test")]) for name in ("note:36", "note:60"))
    assert [True, False] == stage.play((0x90, 36, 9), (0x90, 60, 9))
    stage.surface.rebind(other)
    assert [False, False] == stage.play((0x80, 36, 0), (0x80, 60, 0))
    assert [True, True, False, False] == stage.play((0x90, 60, 9), (0x90, 60, 0), (0x90, 36, 9), (0x80, 36, 0))
    assert [True] == stage.play((0x90, 60, 9))
    stage.surface.rebind(bound)
    stage.surface.rebind(other)
    assert [False, True, True] == stage.play((0x80, 60, 0), (0x90, 60, 9), (0x80, 60, 0))


def test_what_is_shown_is_shown_anew_when_other_controls_are_bound():
    """The new lamp is lit."""
    stage = Stage({"note:1@1": {"command": "mute", "feedback": True}})
    stage.dispatcher.do("mute", True)
    stage.feedback.sent.clear()
    stage.surface.rebind(Controls([layer_of({"note:2@1": {"command": "mute", "feedback": True}}, where="test")]))
    assert [b"\x90\x02\x7f"] == stage.feedback.sent


def test_a_command_is_done_in_the_loop_and_says_who_asked():
    """The journal has the name, the value, and the message."""
    stage = Stage({"cc:21": {"command": "creative_risk", "low": 1, "high": 2}})
    stage.surface.gate(bytes([0xB0, 21, 127]))
    assert [] == stage.dispatcher.noted
    stage.run()
    assert [("creative_risk", 2.0, "cc:21")] == stage.dispatcher.noted
    assert 2.0 == stage.dispatcher.settings.creative_risk


def test_panic_waits_for_no_loop():
    """There is silence before the loop has its turn; then the rest of the instrument is told."""
    stage = Stage({"cc:102": "panic"})
    assert stage.surface.gate(bytes([0xB0, 102, 127]))
    assert 1 == stage.silenced
    assert [] == stage.dispatcher.noted
    stage.run()
    assert [("panic", None, "cc:102")] == stage.dispatcher.noted
    stage.play((0xB0, 102, 0))
    assert 1 == stage.silenced


def test_what_a_command_refuses_is_told_once():
    """A knob would say it a hundred times."""
    stage = Stage({"cc:28": "lowest", "cc:29": "highest"})
    stage.play((0xB0, 29, 40), *((0xB0, 28, value) for value in (50, 60, 70)))
    assert 3 == len(stage.said)  # each names its own number
    stage.play((0xB0, 28, 70), (0xB0, 28, 70))
    assert 3 == len(stage.said)
    assert 0 == stage.dispatcher.settings.lowest


def test_a_change_from_elsewhere_is_shown_and_ones_own_is_not_sent_back():
    """A motor fader goes where the command went, but does not fight the hand on it."""
    stage = Stage({"cc:21": {"command": "creative_risk", "low": 1, "high": 2, "feedback": True}})
    stage.play((0xB0, 21, 127))
    assert [] == stage.feedback.sent
    stage.dispatcher.do("creative_risk", 1.0, source="osc")
    assert [bytes([0xB0, 21, 0])] == stage.feedback.sent


def test_a_fader_that_says_where_it_was_sent_moves_nothing():
    """The rounding to 128 places is not taken for the hand's."""
    stage = Stage({"cc:21": {"command": "creative_risk", "low": 1, "high": 2, "feedback": True}})
    stage.dispatcher.do("creative_risk", 1.3, source="osc")
    stage.play(stage.feedback.sent[-1])
    assert 1.3 == stage.dispatcher.settings.creative_risk
    stage.play(stage.feedback.sent[-1])
    assert 1.3 != stage.dispatcher.settings.creative_risk


def test_lamps_show_a_switch_whoever_turned_it():
    """Its own button too: the lamp is not in the hand."""
    stage = Stage({"note:8": {"command": "mute", "feedback": "note:3", "lit": 1}})
    stage.play((0x90, 8, 127), (0x80, 8, 0))
    stage.dispatcher.do("mute", False, source="panel")
    assert [bytes([0x90, 3, 1]), bytes([0x90, 3, 0])] == stage.feedback.sent


def test_a_knob_with_pick_up_lets_go_when_something_else_moves_the_command():
    """Else it would jump."""
    stage = Stage({"cc:21": {"command": "creative_risk", "low": 1, "high": 2, "style": "pickup"}})
    stage.dispatcher.do("creative_risk", 1.5, source="osc")
    stage.play((0xB0, 21, 60), (0xB0, 21, 70))
    assert pytest.approx(1 + 70 / 127) == stage.dispatcher.settings.creative_risk
    stage.dispatcher.do("creative_risk", 1.9, source="osc")
    stage.play((0xB0, 21, 71))
    assert 1.9 == stage.dispatcher.settings.creative_risk


def test_the_moment_a_performance_begins_everything_is_shown():
    """Actions have nothing to show."""
    stage = Stage({"cc:21": {"command": "threshold", "feedback": True}, "cc:9": {"command": "tap", "feedback": True}})
    stage.surface.show_all()
    assert [bytes([0xB0, 21, round(127 * (0.98 - 0.01) / 0.99)])] == stage.feedback.sent


async def test_a_knob_that_is_learned_works_at_once_and_is_kept(tmp_path):
    """The very message that taught it does nothing more."""
    stage = Stage({"cc:21": "density"})
    file = tmp_path / "controls.toml"
    learning = MidiLearn(clock=ManualClock(), file=file, bind=stage.surface.bind, notify=stage.said.append)
    stage.surface.learning = learning
    learning.learn("creative_risk")
    assert [True] == stage.play((0xB0, 21, 10))
    assert [] == stage.dispatcher.noted
    assert [True] == stage.play((0xB0, 21, 0))
    assert [("creative_risk", 0.1, "cc:21")] == stage.dispatcher.noted
    while not any(str(file) in line for line in stage.said):  # noqa: ASYNC110  # a thread of its own says so
        await asyncio.sleep(0.01)
    assert {"controls": {"cc:21": "creative_risk"}} == tomllib.loads(file.read_text())


async def test_controls_work_until_the_performance_ends(monkeypatch, tmp_path):
    """Then nothing is kept from the music, and nobody is told; learning that nobody answers is given up."""
    monkeypatch.setattr("livecomposer.control.surfaces.control_surface._GIVE_UP_LOOK_SECONDS", 0.001)
    stage, filters, dispatcher, clock = Stage({"cc:21": "mute"}), InputFilters(), NotedDesk(Settings()), ManualClock()
    file = tmp_path / "controls.toml"
    stage.surface.learning = MidiLearn(clock=clock, file=file, bind=stage.surface.bind, notify=stage.said.append)
    async with played_on(stage.surface, filters, dispatcher):
        assert filters(bytes([0xB0, 21, 127]))
        stage.surface.learning.learn("tap")
        clock.advance(PATIENCE)
        while "tap was not learned" not in stage.said[-1]:  # noqa: ASYNC110  # what looks has no event
            await asyncio.sleep(0.001)
    assert not filters(bytes([0xB0, 21, 127]))
    assert [] == dispatcher._watchers
