"""What becomes of the performer's messages, whatever is set meanwhile."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecomposer.errors import SettingError
from livecomposer.messages import ended_key, started_key
from livecomposer.midi.routing import Routed, Router, Routing, Zone
from livecomposer.playing.sinks import Output
from livecomposer.settings import Settings, changed
from tests.fakes import FakeSink


class Keyboard:
    """A router whose settings can be changed between two messages."""

    def __init__(self, *, any_channel=False, **values):
        self.now = routing(**values)
        self.router = Router(lambda: self.now, any_channel=any_channel)

    def set(self, **values):
        """Play with these settings from now on."""
        self.now = routing(**values)

    def __call__(self, *data):
        """One message."""
        return self.router.route(bytes(data))


def routing(**values):
    """The routing of the defaults, but for ``values``."""
    return Routing.of(changed(Settings(), values))


def both(*data):
    """What sounds and is heard."""
    return Routed(bytes(data), bytes(data))


def test_without_settings_everything_sounds_and_is_heard_on_channel_1():
    """Keys of any channel, bend, aftertouch, controllers and half a pedal, each unchanged but for its channel."""
    play = Keyboard()
    for data in [
        (0x92, 60, 100),
        (0x82, 60, 31),
        (0xA2, 60, 9),
        (0xB2, 1, 33),
        (0xB2, 11, 90),
        (0xB2, 64, 41),
        (0xC2, 5),
        (0xD2, 77),
        (0xE2, 3, 80),
    ]:
        assert both(data[0] & 0xF0, *data[1:]) == play(*data)


def test_the_output_channel_is_the_performers():
    """As performers count."""
    assert both(0x9F, 60, 100) == Keyboard(performer_channel=16)(0x90, 60, 100)


def test_only_the_channel_that_is_set_is_listened_to():
    """Nothing of another goes anywhere."""
    play = Keyboard(input_channel=3)
    assert Routed() == play(0x90, 60, 100) == play(0xB0, 1, 5) == play(0xA0, 60, 5) == play(0x80, 60, 0)
    assert both(0x90, 60, 100) == play(0x92, 60, 100)


def test_where_a_file_plays_its_channel_does_not_matter():
    """A filter that is meant for a keyboard does not make the file deaf."""
    assert both(0x90, 60, 100) == Keyboard(any_channel=True, input_channel=3)(0x90, 60, 100)


def test_zones_sound_feed_and_control():
    """Control keys go nowhere else; those that only sound are not heard."""
    play = Keyboard(zones="0-35 control, 36-59 sounds, 100 control", transpose=2)
    assert Routed() == play(0x93, 35, 1) == play(0x83, 35, 0)
    assert Routed(thru=bytes((0x90, 38, 1))) == play(0x90, 36, 1)
    assert both(0x90, 62, 1) == play(0x90, 60, 1)
    assert Routed() == play(0x90, 100, 1)
    assert both(0xB0, 11, 3) == play(0xB0, 11, 3)


def test_where_no_key_feeds_nothing_is_heard():
    """A pedal over keys that only sound is not the companion's business."""
    assert Routed(thru=bytes((0xB0, 64, 127))) == Keyboard(zones="0-127 sounds")(0xB0, 64, 127)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0-35", "'0-35': not understood"),
        ("0-35 loud", "'0-35 loud': not understood"),
        ("low-35 feeds", "not understood"),
        ("40-30 feeds", "no such keys"),
        ("100-128 feeds", "no such keys"),
        ("0-40 feeds, 40-50 sounds", "'40-50 sounds': overlaps another"),
    ],
)
def test_zones_that_cannot_be_read_are_refused_in_one_line(text, reason):
    """With the part that is wrong, and an example."""
    with pytest.raises(SettingError, match=reason) as caught:
        routing(zones=text)
    assert "\n" not in str(caught.value)
    assert "0-35 control" in str(caught.value)


def test_velocity_curves():
    """Softly struck keys are louder with soft, softer with hard; fixed is fixed; none becomes a note-off."""
    heard = {
        text: [routing(velocity_curve=text).velocities[velocity] for velocity in (0, 1, 64, 127)]
        for text in ("linear", "soft", "hard", "gamma:2", "fixed:90", "")
    }
    assert [0, 1, 64, 127] == heard["linear"] == heard[""]
    assert [0, 90, 90, 90] == heard["fixed:90"]
    assert [0, 1, 32, 127] == heard["gamma:2"]
    assert heard["hard"][2] < 64 < heard["soft"][2]
    assert all(0 == values[0] < min(values[1:]) for values in heard.values())


@pytest.mark.parametrize("text", ["loud", "gamma", "gamma:", "gamma:9", "gamma:nan", "fixed:0", "fixed:128", "soft:1"])
def test_a_curve_that_there_is_not_is_refused(text):
    """In one line, with those there are."""
    with pytest.raises(SettingError, match=r"wanted linear, soft, hard, gamma:0\.2 to gamma:5 or fixed:1"):
        routing(velocity_curve=text)


def test_a_key_that_is_down_ends_where_it_began():
    """Whatever transposition, channel, zone and filter are by then; its pressure goes there as well."""
    play = Keyboard(transpose=5, performer_channel=2)
    assert both(0x91, 65, 100) == play(0x90, 60, 100)
    play.set(transpose=-3, performer_channel=4, zones="0-127 control", input_channel=9)
    assert both(0xA1, 65, 7) == play(0xA0, 60, 7)
    assert both(0x91, 65, 0) == play(0x90, 60, 0)
    play.set(transpose=-3)
    assert both(0x90, 57, 100) == play(0x90, 60, 100)


def test_keys_that_sound_as_one_end_with_the_last_of_them():
    """A key transposed onto another that is held does not end it."""
    play = Keyboard()
    play(0x90, 60, 100)
    play.set(transpose=1)
    assert both(0x90, 60, 90) == play(0x90, 59, 90)
    assert Routed() == play(0x80, 59, 0)
    assert both(0x80, 60, 0) == play(0x80, 60, 0)


def test_the_companion_hears_the_end_of_what_it_heard_alone():
    """Where a key that only sounds still holds the same pitch."""
    play = Keyboard(zones="0-59 sounds")
    play(0x90, 60, 100)
    play.set(zones="0-59 sounds", transpose=1)
    play(0x90, 59, 100)
    assert Routed(heard=bytes((0x80, 60, 0))) == play(0x80, 60, 0)
    assert Routed(thru=bytes((0x80, 60, 0))) == play(0x80, 59, 0)


def test_what_is_transposed_out_of_the_range_is_silent():
    """On and off alike."""
    play = Keyboard(transpose=48)
    assert Routed() == play(0x90, 80, 100) == play(0x80, 80, 0)
    assert both(0x90, 127, 100) == play(0x90, 79, 100)


@pytest.mark.parametrize(
    ("held", "let_go"),
    [((0xB0, 64, 50), (0xB0, 64, 0)), ((0xB0, 66, 127), (0xB0, 66, 0)), ((0xE0, 0, 90), (0xE0, 0, 64))],
)
def test_a_pedal_that_is_down_comes_up_where_it_went_down(held, let_go):
    """And a bend; only then does it follow the settings."""
    play = Keyboard()
    play(*held)
    play.set(performer_channel=5, input_channel=9, zones="0-127 sounds")
    assert both(*let_go) == play(*let_go)
    play.set(performer_channel=5)
    assert both(held[0] | 4, *held[1:]) == play(*held)


SETTINGS = st.builds(
    Routing,
    input_channel=st.integers(0, 2),
    zones=st.lists(st.sampled_from(Zone), min_size=8, max_size=8).map(lambda zones: tuple(zones * 16)),
    transpose=st.integers(-48, 48),
    channel=st.integers(0, 2),
)
KEYS = st.tuples(st.sampled_from([0x80, 0x90, 0x91, 0x81]), st.integers(55, 65), st.sampled_from([0, 1, 100]))
PEDALS = st.tuples(st.sampled_from([0xB0, 0xB1]), st.just(64), st.sampled_from([0, 50, 127]))


@given(st.lists(KEYS | PEDALS | SETTINGS, max_size=60))
def test_nothing_is_left_on_once_every_key_and_pedal_is_up(story):
    """Neither at the output nor for the companion, whatever was set in between; and each was heard as it sounded."""
    now = Routing()
    router, output, sink = Router(lambda: now), Output([]), FakeSink()
    output.attach(sink)
    heard, pedals = set(), {}
    ends = [(0x80 | channel, pitch, 0) for channel in (0, 1) for pitch in range(55, 66)]
    ends += [(0xB0 | channel, 64, 0) for channel in (0, 1)]
    for step in [*story, *ends]:
        if isinstance(step, Routing):
            now = step
            continue
        routed = router.route(bytes(step))
        if routed.thru:
            output.send(routed.thru)
            if routed.thru[0] & 0xF0 == 0xB0:
                pedals[routed.thru[0]] = routed.thru[2]
        if routed.heard:
            assert routed.thru in (routed.heard, None)
            heard |= {started_key(routed.heard)}
            heard -= {ended_key(routed.heard)}
    assert frozenset() == output.sounding()
    assert set() == heard - {None}
    assert {0} >= set(pedals.values())


def test_a_routing_is_a_value():
    """A change is another one."""
    assert replace(Routing(), transpose=1) == routing(transpose=1)
