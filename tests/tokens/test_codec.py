from hypothesis import given
from hypothesis import strategies as st

from livecomposer.events import SUSTAIN, Control, NoteOff, NoteOn, Other, Role
from livecomposer.tokens.codec import Decoder, Encoder, Sustain
from livecomposer.units import seconds_to_steps

PERFORMER, COMPANION = Role.PERFORMER, Role.COMPANION


def encoded(events, *, origin=0.0) -> list[int]:
    """The ids of ``events``, those that wait included."""
    encoder = Encoder(origin=origin)
    return [id_ for event in events for id_ in encoder.encode(event)] + encoder.flush()


def decoded(ids, *, origin=0.0) -> list[NoteOn | NoteOff]:
    """The events that ``ids`` say."""
    decoder = Decoder(origin=origin)
    return [event for id_ in ids if (event := decoder.decode(id_)) is not None]


def sustained(*events) -> list[NoteOn | NoteOff]:
    """What ``events`` amount to under the pedal."""
    sustain = Sustain()
    return [heard for event in events for heard in sustain.apply(event)]


def pedal(time, *, down, role=PERFORMER) -> Control:
    """The sustain pedal goes down or up."""
    return Control(time, SUSTAIN, 127 if down else 0, role)


def test_the_388_layout_by_hand():
    """Middle C at velocity 80 (bin 20) for half a second, then 2.34 s later the companion's E for one step."""
    events = [
        NoteOn(0.0, 60, 80),
        NoteOff(0.5, 60),
        NoteOn(2.84, 64, 83, COMPANION),
        NoteOff(2.85, 64, COMPANION),
    ]
    first = [356 + 20, 60, 256 + 49, 128 + 60]
    second = [256 + 99, 256 + 99, 256 + 33, 388 + 64, 256 + 0, 516 + 64]
    assert first + second == encoded(events)


def test_the_388_layout_read_by_hand():
    """The same ids spell the same events, at the middle of the velocity's bin."""
    ids = [376, 60, 305, 188, 355, 355, 289, 452, 256, 580]
    events = [
        NoteOn(0.0, 60, 82),
        NoteOff(0.5, 60),
        NoteOn(2.84, 64, 82, COMPANION),
        NoteOff(2.85, 64, COMPANION),
    ]
    assert events == decoded(ids)


def test_the_velocity_is_told_only_when_its_bin_changes():
    """Velocities 80 and 83 share a bin, 84 is in the next; both roles share the one in force."""
    events = [NoteOn(0.0, 60, 80), NoteOn(0.0, 61, 83, COMPANION), NoteOn(0.0, 62, 84)]
    assert [376, 60, 388 + 61, 377, 62] == encoded(events)


def test_time_is_counted_from_the_origin():
    """The moment of the first event is told from the origin, whatever the clock reads."""
    assert [256 + 24, 376, 60] == encoded([NoteOn(1000.25, 60, 80)], origin=1000.0)
    assert [NoteOn(1000.25, 60, 82)] == decoded([256 + 24, 376, 60], origin=1000.0)


@given(st.lists(st.floats(0.0001, 0.5), min_size=1, max_size=300), st.floats(0, 1e5))
def test_rounding_does_not_add_up(gaps, origin):
    """However many events there were, each is told within half a step of its own moment."""
    encoder, moment = Encoder(origin=origin), origin
    for i, gap in enumerate(gaps):
        moment += gap
        encoder.encode(NoteOn(moment, i % 128, 64))
        assert abs(origin + encoder.step / 100 - moment) <= 0.005 + 1e-6


def test_a_note_off_of_what_does_not_sound_is_dropped_and_counted():
    """It leaves no id, not even a shift."""
    encoder = Encoder()
    assert [] == encoder.encode(NoteOff(1.0, 60))
    assert 1 == encoder.dropped


def test_a_key_struck_again_ends_its_earlier_note():
    """A second note-on of a sounding pitch is preceded by a note-off."""
    assert [376, 60, 256 + 9, 188, 60] == encoded([NoteOn(0.0, 60, 80), NoteOn(0.1, 60, 80)])


def test_an_event_that_comes_late_counts_as_simultaneous():
    """Time in the stream never goes back."""
    assert [256 + 9, 376, 60, 61] == encoded([NoteOn(0.1, 60, 80), NoteOn(0.05, 61, 80)])


def test_a_note_shorter_than_a_step_lasts_one():
    """The note-off waits for the next step, and what else happens in its own step is not moved by it."""
    events = [NoteOn(0.0, 60, 80), NoteOff(0.001, 60), NoteOn(0.002, 64, 80), NoteOff(0.5, 64)]
    assert [376, 60, 64, 256, 188, 256 + 48, 192] == encoded(events)


def test_a_waiting_note_off_is_told_when_time_moves_on():
    """Advancing or flushing tells it, once."""
    encoder = Encoder()
    ids = encoder.encode(NoteOn(0.0, 60, 80)) + encoder.encode(NoteOff(0.0, 60))
    assert [376, 60] == ids
    assert [256, 188, 256 + 18] == encoder.advance(0.2)
    assert [] == encoder.flush()
    assert {} == encoder.sounding


def test_a_bounced_key_is_one_note():
    """Struck, let go and struck again within one step: one note, which the last note-off ends."""
    events = [NoteOn(0.0, 60, 80), NoteOff(0.001, 60), NoteOn(0.003, 60, 80), NoteOff(0.5, 60)]
    encoder = Encoder()
    assert [376, 60, 256 + 49, 188] == [id_ for event in events for id_ in encoder.encode(event)]
    assert 1 == encoder.dropped


def test_both_roles_hold_one_pitch_independently():
    """A note-off of one role does not end the other's note."""
    events = [NoteOn(0.0, 60, 80), NoteOn(0.0, 60, 80, COMPANION), NoteOff(0.1, 60), NoteOff(0.2, 60, COMPANION)]
    assert [376, 60, 388 + 60, 256 + 9, 128 + 60, 256 + 9, 516 + 60] == encoded(events)


def test_before_any_velocity_a_note_is_decoded_at_half_strength():
    """A stream cut before its first velocity still sounds."""
    assert [NoteOn(0.0, 60, 66)] == decoded([60])


def test_specials_say_nothing():
    """BOS and PAD decode to no event and move no time."""
    decoder = Decoder(origin=3.0)
    assert [None, None] == [decoder.decode(644), decoder.decode(645)]
    assert 3.0 == decoder.time


MOMENTS = st.lists(st.floats(0, 5), max_size=60).map(sorted)
WHAT = st.tuples(st.booleans(), st.integers(60, 63), st.integers(1, 127), st.sampled_from(Role))


@given(MOMENTS, st.lists(WHAT, min_size=60, max_size=60))
def test_any_events_give_a_stream_that_never_contradicts_itself(moments, what):
    """No id ends what does not sound, begins what does, or ends a note in the step of its beginning."""
    events = [
        NoteOn(time, pitch, velocity, role) if on else NoteOff(time, pitch, role)
        for time, (on, pitch, velocity, role) in zip(moments, what, strict=False)
    ]
    began: dict[tuple[Role, int], int] = {}
    for event in decoded(encoded(events)):
        key, step = (event.role, event.pitch), seconds_to_steps(event.time)
        if isinstance(event, NoteOn):
            assert key not in began
            began[key] = step
        else:
            assert began.pop(key) < step


def test_under_the_pedal_note_offs_move_to_its_release():
    """Keys let go under the pedal sound on until it comes up, and end together, the lowest first."""
    heard = sustained(
        NoteOn(0.0, 64, 80),
        NoteOn(0.0, 60, 80),
        pedal(0.5, down=True),
        NoteOff(1.0, 64),
        NoteOff(1.5, 60),
        pedal(2.0, down=False),
    )
    assert [NoteOn(0.0, 64, 80), NoteOn(0.0, 60, 80), NoteOff(2.0, 60), NoteOff(2.0, 64)] == heard


def test_a_key_still_held_outlasts_the_pedal():
    """The pedal's release ends only what was let go."""
    heard = sustained(NoteOn(0.0, 60, 80), pedal(0.5, down=True), pedal(1.0, down=False), NoteOff(2.0, 60))
    assert [NoteOn(0.0, 60, 80), NoteOff(2.0, 60)] == heard


def test_a_key_struck_again_under_the_pedal_first_ends_its_earlier_sound():
    """One note-off for the first stroke at the second one, one for the second at the release."""
    heard = sustained(
        pedal(0.0, down=True),
        NoteOn(0.1, 60, 80),
        NoteOff(0.2, 60),
        NoteOn(0.3, 60, 90),
        NoteOff(0.4, 60),
        pedal(1.0, down=False),
    )
    assert [NoteOn(0.1, 60, 80), NoteOff(0.3, 60), NoteOn(0.3, 60, 90), NoteOff(1.0, 60)] == heard


def test_a_key_held_again_at_the_release_sounds_on():
    """What was struck again and is still down is not ended by the pedal."""
    heard = sustained(
        pedal(0.0, down=True),
        NoteOn(0.1, 60, 80),
        NoteOff(0.2, 60),
        NoteOn(0.3, 60, 90),
        pedal(1.0, down=False),
        NoteOff(2.0, 60),
    )
    assert [NoteOn(0.1, 60, 80), NoteOff(0.3, 60), NoteOn(0.3, 60, 90), NoteOff(2.0, 60)] == heard


def test_the_pedal_is_down_from_64_on():
    """Values of 64 and above hold; below, the pedal is up."""
    for value, expected in ((63, 1.0), (64, 2.0)):
        heard = sustained(NoteOn(0.0, 60, 80), Control(0.5, SUSTAIN, value), NoteOff(1.0, 60), Control(2.0, SUSTAIN, 0))
        assert NoteOff(expected, 60) == heard[-1]


def test_other_messages_amount_to_no_note():
    """Other controllers and channel messages pass unheard and move no note-off."""
    heard = sustained(NoteOn(0.0, 60, 80), Control(0.1, 1, 127), Other(0.2, b"\xe0\x00\x40"), NoteOff(1.0, 60))
    assert [NoteOn(0.0, 60, 80), NoteOff(1.0, 60)] == heard
