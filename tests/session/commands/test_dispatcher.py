"""Where all who ask end."""

import pytest

from livecomposer.errors import SettingError
from livecomposer.session.commands.dispatcher import Dispatcher
from livecomposer.settings import Settings


class Instrument:
    """Remembers what it was told; refuses what it is told to refuse."""

    def __init__(self):
        self.told = []
        self.refuses = False

    def _take(self, *what):
        if self.refuses:
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
def dispatcher(instrument):
    """A desk whose panics and notes go to the instrument's memory."""
    told = instrument.told
    return Dispatcher(
        instrument, Settings(), panic=lambda: told.append("silence"), note=lambda *facts: told.append(("noted", *facts))
    )


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
