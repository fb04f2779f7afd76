"""Where all who ask end."""

import asyncio

import pytest

from livecomposer.clocks import ManualClock
from livecomposer.errors import SettingError
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.settings import Settings


class Instrument:
    """Remembers what it was told; refuses what it is told to refuse, and a longest rest of 7 s."""

    def __init__(self):
        self.told = []
        self.refuses = False

    def _take(self, *what):
        if self.refuses or getattr(what[0], "max_rest", 0) == 7.0:
            raise SettingError("not now")
        self.told.append(what)

    def act(self, name):
        self._take(name)

    def switch(self, name, *, on):
        self._take(name, on)

    def adapt(self, settings):
        self._take(settings)


@pytest.fixture
def instrument():
    """What is played on."""
    return Instrument()


@pytest.fixture
def clock():
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def dispatcher(instrument, clock):
    """A desk whose panics and notes go to the instrument's memory, and so do lines of what is refused late."""
    told = instrument.told

    def note(*facts, **more):
        told.append(("noted", *facts, *more.values()))

    return Dispatcher(
        instrument,
        Settings(),
        panic=lambda: told.append("silence"),
        note=note,
        notify=lambda line: told.append(("said", line)),
        clock=clock,
    )


def noted(instrument):
    """What the journal was told."""
    return [facts[1:] for facts in instrument.told if facts[0] == "noted"]


def test_a_panic_is_silence_first(dispatcher, instrument):
    """Then it is told to the rest."""
    dispatcher.do("panic", source="key")
    assert ["silence", ("panic",), ("noted", "panic", None, "key")] == instrument.told


def test_a_switch_is_turned_over_or_set(dispatcher, instrument):
    """As it is asked for."""
    for value in (None, None, "on", 0.0, True):
        dispatcher.do("mute", value)
    assert [("mute", on) for on in (True, False, True, False, True)] == [
        one for one in instrument.told if len(one) == 2
    ]
    assert dispatcher.value("mute") is True


def test_what_is_refused_is_not_what_is(dispatcher, instrument):
    """Neither a switch nor a setting."""
    instrument.refuses = True
    for name, value in (("loop", True), ("creative_risk", 2.0)):
        before = dispatcher.value(name)
        with pytest.raises(SettingError):
            dispatcher.do(name, value)
        assert before == dispatcher.value(name)


def test_a_loop_is_over_with_a_panic(dispatcher):
    """And whoever watches is told."""
    dispatcher.do("loop", True)
    told = []
    dispatcher.watch(lambda *what: told.append(what))
    dispatcher.do("panic")
    assert [("panic", None), ("loop", False)] == told
    assert dispatcher.value("loop") is False


def test_whole_numbers_may_come_as_fractions(dispatcher):
    """As OSC and JSON send them; others are refused."""
    dispatcher.do("polyphony", 8.0)
    assert 8 == dispatcher.value("polyphony")
    with pytest.raises(SettingError):
        dispatcher.do("polyphony", 8.5)


@pytest.mark.parametrize(
    ("name", "value"), [("seed", 1), ("no such", 1), ("creative_risk", None), ("mute", "perhaps"), ("mode", "sing")]
)
def test_what_is_wrong_is_refused(dispatcher, name, value):
    """Names and values."""
    with pytest.raises(SettingError):
        dispatcher.do(name, value)


def test_watchers_are_told_until_they_go(dispatcher):
    """Each change, with its value."""
    told = []
    leave = dispatcher.watch(lambda *what: told.append(what))
    dispatcher.do("creative_risk", 1.5)
    leave()
    dispatcher.do("creative_risk", 1.7)
    assert [("creative_risk", 1.5)] == told
    assert 1.7 == dispatcher.values()["creative_risk"]


def test_what_takes_a_while_is_carried_out_by_another(dispatcher, instrument):
    """Noted and told as any; refused where nobody can, or where it can never be; settled without a note."""
    with pytest.raises(SettingError, match="set it at the start"):
        dispatcher.do("soundfont", "a.sf2")
    asked, told = [], []
    dispatcher.carriers["soundfont"] = asked.append
    dispatcher.watch(lambda *what: told.append(what))
    dispatcher.do("soundfont", "a.sf2", source="panel")
    dispatcher.settle("soundfont", "")
    assert ["a.sf2"] == asked
    assert [("noted", "soundfont", "a.sf2", "panel")] == instrument.told
    assert [("soundfont", "a.sf2"), ("soundfont", "")] == told
    assert "" == dispatcher.value("soundfont")

    def refuse(_):
        raise SettingError("never")

    dispatcher.carriers["soundfont"] = refuse
    with pytest.raises(SettingError, match="never"):
        dispatcher.do("soundfont", "b.sf2")
    assert "" == dispatcher.value("soundfont")


def test_a_dial_that_is_turned_in_a_flood_is_carried_out_now_and_then(dispatcher, instrument, clock):
    """A burst at once, then ten values a second; the last one always arrives, and the journal says of how many."""
    told = []
    dispatcher.watch(lambda *what: told.append(what))
    for number in range(2000):
        dispatcher.do("creative_risk", 0.5 + number / 1000, source="osc")
        assert 0.5 + number / 1000 == dispatcher.value("creative_risk")
        clock.advance(0.001)
    assert 60 + 19 <= len(noted(instrument)) <= 60 + 21
    assert len(noted(instrument)) == len(told) == sum(isinstance(what[0], Settings) for what in instrument.told)
    clock.advance(0.1)
    dispatcher.catch_up()
    dispatcher.catch_up()
    assert ("creative_risk", 2.499, "osc") == noted(instrument)[-1][:3]
    assert 2000 == sum((*facts, 1)[3] for facts in noted(instrument))
    assert ("creative_risk", 2.499) == told[-1]
    assert 2.499 == dispatcher.settings.creative_risk


def test_all_dials_in_a_flood_are_changed_together(dispatcher, instrument, clock):
    """As many values a second as of one dial; what cannot be is refused in one line, and the others are changed."""
    for _ in range(60):
        dispatcher.do("density", 1.0)
    told = []
    dispatcher.watch(lambda *what: told.append(what))
    for number in range(100):
        for name, value in (("creative_risk", 1.0 + number / 100), ("max_rest", 7.0), ("lowest", number % 50)):
            dispatcher.do(name, value)
    assert 60 == len(noted(instrument))
    clock.advance(0.3)
    dispatcher.catch_up()
    assert [("creative_risk", 1.99, "", 100), ("lowest", 49, "", 100)] == noted(instrument)[60:]
    assert ("said", "not now") in instrument.told
    assert ("max_rest", 1.5) in told
    assert (1.5, 1.99, 49) == tuple(dispatcher.value(name) for name in ("max_rest", "creative_risk", "lowest"))


def test_a_step_of_an_endless_knob_is_from_what_was_asked_for(dispatcher):
    """Though that waits to be carried out: no step is lost in a flood."""
    for _ in range(100):
        dispatcher.do("polyphony", 12)
    for _ in range(20):
        dispatcher.do("polyphony", dispatcher.value("polyphony") + 1)
    assert 32 == dispatcher.value("polyphony")


def test_actions_that_come_too_often_are_refused(dispatcher, instrument, clock):
    """In one line to whoever asks; a panic never is, though it is noted once for many."""
    for _ in range(60):
        dispatcher.do("undo")
    for name in ("undo", "mute", "no such"):
        with pytest.raises(SettingError):
            dispatcher.do(name)
    assert 60 == len(noted(instrument))
    for _ in range(5):
        dispatcher.do("panic", source="key")
    assert 5 == instrument.told.count("silence")
    clock.advance(0.1)
    dispatcher.do("panic", source="key")
    assert ("panic", None, "key", 6) == noted(instrument)[-1]
    clock.advance(0.1)
    dispatcher.do("undo")
    assert ("undo",) in instrument.told


async def test_what_had_to_wait_is_carried_out_by_itself(dispatcher, instrument, clock):
    """While it runs."""
    for number in range(61):
        dispatcher.do("creative_risk", 1.0 + number / 100)
    clock.advance(1.0)
    running = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(20):
        while dispatcher.settings.creative_risk != 1.6:  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.01)
    running.cancel()
