"""All that has sounded, as ids."""

import random

import pytest

from livecomposer.companion.tape import LONGEST_SILENCE, Tape
from livecomposer.events import SUSTAIN, Control, NoteOff, NoteOn, Role
from livecomposer.tokens.codec import Encoder, Sustain
from livecomposer.tokens.stream import notes_of_ids
from tests.session.players import phrase


def told(events):
    """The ids of ``events`` encoded at one go, each player's pedal applied."""
    if not events:
        return [644]
    encoder, sustain = Encoder(origin=events[0].time), {role: Sustain() for role in Role}
    heard = [note_event for event in events for note_event in sustain[event.role].apply(event)]
    return [644] + [id_ for event in heard for id_ in encoder.encode(event)]


def steps(ids):
    """The steps of 10 ms that ``ids`` last."""
    return sum(i - 255 for i in ids if 256 <= i < 356)


def duet_events(seconds):
    """Both players at once, in time order, with the performer's pedal."""
    mine = phrase(10.0, notes=int(seconds * 4), first=30) if seconds < 10 else phrase(10.0, notes=40, first=30)
    theirs = [
        type(e)(e.time + 0.1, e.pitch + 20, *([e.velocity] if isinstance(e, NoteOn) else []), Role.COMPANION)
        for e in mine
    ]
    pedal = [Control(11.02, SUSTAIN, 127), Control(12.52, SUSTAIN, 0)]
    return sorted([*mine, *theirs, *pedal], key=lambda event: event.time)


def test_a_tape_tells_what_encoding_it_all_would_tell():
    """Settling piece by piece changes nothing."""
    events = duet_events(8)
    tape = Tape(input_duration=100)
    for event in events:
        tape.add(event)
    assert told(events) == tape.ids()


def test_the_order_of_arrival_within_a_second_does_not_matter():
    """A key may arrive after companion events that are due later."""
    events = duet_events(8)
    dice = random.Random(3)
    tape = Tape(input_duration=100)
    for event in sorted(events, key=lambda event: event.time + dice.uniform(0, 0.4)):
        tape.add(event)
    assert told(events) == tape.ids()


def test_what_is_older_than_a_second_never_changes():
    """The engine's common prefix holds all of it, whatever arrives late within the second."""
    dice, tape = random.Random(4), Tape(input_duration=100)
    first, *others = duet_events(8)
    tape.add(first)
    arrived = [first]
    for event in sorted(others, key=lambda event: event.time + dice.uniform(0, 0.9)):
        before, settled = tape.ids(), told([old for old in arrived if old.time <= event.time - 1.0])
        tape.add(event)
        assert settled == before[: len(settled)] == tape.ids()[: len(settled)]
        arrived = sorted([*arrived, event], key=lambda event: event.time)


def test_a_cut_takes_back_what_is_to_come_and_ends_what_sounds():
    """Only of the one who is cut."""
    tape = Tape(input_duration=100)
    for event in (
        NoteOn(1.0, 40, 80),
        NoteOn(1.1, 60, 80, Role.COMPANION),
        NoteOn(1.4, 62, 80, Role.COMPANION),
        NoteOff(1.5, 62, Role.COMPANION),
    ):
        tape.add(event)
    tape.cut(Role.COMPANION, 1.3)
    notes = notes_of_ids(tape.ids()[1:], origin=1.0)
    assert [(1.1, 1.3)] == [(n.start, n.end) for n in notes if n.role is Role.COMPANION]
    assert 168 not in tape.ids()  # the performer's key is still down


def test_a_long_silence_is_told_as_a_short_one():
    """A pause costs a few ids, and time goes on from there."""
    tape = Tape(input_duration=300)
    for event in (NoteOn(1.0, 60, 80), NoteOff(1.5, 60), NoteOn(101.5, 62, 80)):
        tape.add(event)
    assert [1.0, 1.5 + LONGEST_SILENCE] == [n.start for n in notes_of_ids([*tape.ids()[1:], 256], origin=1.0)]
    ids, origin = tape.ids_until(102.0)
    assert 102.0 == origin + sum(i - 255 for i in ids if 256 <= i < 356) / 100


def test_a_long_silence_stays_short_when_the_window_is_cut_back():
    """What is told again is told alike."""
    tape = Tape(input_duration=100)
    for event in [*phrase(0.0), *phrase(60.0), *phrase(100.0, first=70), NoteOn(126.0, 90, 80)]:
        tape.add(event)
    pitches = [note.pitch for note in notes_of_ids(tape.ids()[1:], origin=0.0)]
    assert [*range(60, 68), *range(70, 78), 90] == pitches  # the first phrase has left the window
    assert 2 * (1.95 + LONGEST_SILENCE) == pytest.approx(steps(tape.ids()) / 100)


def test_a_turn_after_a_long_silence_goes_on_from_what_was_fed():
    """The context of the turn is the beginning of what the tape tells once the companion plays."""
    tape = Tape(input_duration=100)
    for event in phrase(1.0):
        tape.add(event)
    context, origin = tape.ids_until(21.0)
    assert 21.0 == pytest.approx(origin + steps(context) / 100)
    tape.add(NoteOn(21.0, 60, 80, Role.COMPANION))
    assert [*context, 388 + 60] == tape.ids()


def test_ids_until_reach_the_moment():
    """The context of a turn ends where the turn begins."""
    tape = Tape(input_duration=100)
    for event in phrase(1.0):
        tape.add(event)
    ids, origin = tape.ids_until(4.0)
    assert 3.0 == sum(i - 255 for i in ids if 256 <= i < 356) / 100
    assert origin == 1.0
    assert tape.ids() == ids[: len(tape.ids())]


def test_the_window_is_cut_back_at_a_performers_key():
    """Once it has grown a quarter beyond the input duration; a key held since before opens it."""
    tape = Tape(input_duration=4.0)
    tape.add(NoteOn(0.0, 30, 80))
    for event in phrase(0.1, notes=19):
        tape.add(event)
    long = len(tape.ids())
    tape.add(NoteOn(5.5, 90, 80))
    notes = notes_of_ids([*tape.ids()[1:], 256], origin=0.0)
    assert len(tape.ids()) < long
    assert 30 in {note.pitch for note in notes}
    assert 60 not in {note.pitch for note in notes}


def test_two_hours_of_playing_keep_the_tape_short():
    """Constant memory: the ids stay within the window."""
    tape, longest = Tape(input_duration=10.0), 0
    for k in range(600):
        for event in phrase(12.0 * k, notes=16):
            tape.add(event)
        longest = max(longest, len(tape.ids()))
    assert longest < 200


def test_a_shorter_memory_holds_from_the_next_cut_on():
    """What is on the tape stays; the next key after the shorter window has run full cuts it back."""
    tape = Tape(input_duration=60.0)
    for event in phrase(0.1, notes=40):
        tape.add(event)
    tape.adapt(input_duration=2.0)
    long = len(tape.ids())
    tape.add(NoteOn(12.0, 90, 80))
    assert len(tape.ids()) < long / 2


def test_a_copy_goes_its_own_way():
    """What is added to either, the other does not tell; until then both tell the same."""
    tape = Tape(input_duration=30.0)
    for event in phrase(1.0):
        tape.add(event)
    twin, before = tape.copy(), tape.ids()
    assert before == twin.ids()
    twin.add(NoteOn(9.0, 90, 80))
    twin.cut(Role.COMPANION, 10.0)
    assert before == tape.ids()
    tape.add(NoteOn(9.0, 91, 80))
    assert 90 in twin.ids()
    assert 91 not in twin.ids()
