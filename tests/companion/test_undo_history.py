"""Calls and replies."""

from livecomposer.companion.tape import Tape
from livecomposer.companion.undo_history import UndoHistory, whole
from livecomposer.events import Control, NoteOff, NoteOn, Role

PERFORMER, COMPANION = Role.PERFORMER, Role.COMPANION


def begun(start, *, together=False):
    """Exchanges of which one has just begun: two keys before it."""
    exchanges = UndoHistory()
    for event in (NoteOn(0.5, 40, 80), NoteOff(0.6, 40), NoteOn(1.0, 60, 80), NoteOff(1.5, 60)):
        exchanges.hear(event)
    exchanges.begin(start, tape=Tape(input_duration=30.0), plan=None, together=together)
    return exchanges


def keys(events):
    """Moments and pitches of note-ons."""
    return [(event.time, event.pitch) for event in events if isinstance(event, NoteOn)]


def test_an_exchange_is_the_call_and_the_reply_counted_from_the_first_key():
    """What was played before the call is no part of it, nor what the performer played over the reply."""
    exchanges = begun(1.0)
    exchanges.play([NoteOn(2.0, 72, 70, COMPANION), NoteOff(2.5, 72, COMPANION)])
    exchanges.hear(NoteOn(2.2, 50, 80))
    parts = exchanges.last.parts(9.0)
    assert [(0.0, 60)] == keys(parts[PERFORMER])
    assert [(1.0, 72)] == keys(parts[COMPANION])


def test_where_both_play_both_parts_are_whole():
    """What the performer played meanwhile is part of it, and no note goes on past now."""
    exchanges = begun(1.0, together=True)
    exchanges.hear(NoteOn(2.2, 50, 80))
    exchanges.play([NoteOn(2.0, 72, 70, COMPANION)])
    parts = exchanges.last.parts(3.0)
    assert [(0.0, 60), (1.2000000000000002, 50)] == keys(parts[PERFORMER])
    assert all(2 * len(keys(events)) == len(events) for events in parts.values())


def test_what_is_cut_is_no_part_of_the_reply():
    """What sounds then ends there."""
    exchanges = begun(1.0)
    exchanges.play([NoteOn(2.0, 72, 70, COMPANION), NoteOn(2.4, 74, 70, COMPANION), NoteOff(2.5, 72, COMPANION)])
    exchanges.cut(2.2)
    assert [NoteOn(2.0, 72, 70, COMPANION), NoteOff(2.2, 72, COMPANION)] == list(exchanges.last.reply)


def test_what_was_heard_since_belongs_to_the_one_before():
    """So that it is not lost when that one is taken back too."""
    exchanges = begun(1.0)
    exchanges.hear(NoteOn(2.2, 50, 80))
    exchanges.begin(2.2, tape=Tape(input_duration=30.0), plan=None, together=False)
    exchanges.hear(NoteOn(3.0, 52, 80))
    assert exchanges.take_back().interrupted
    assert [(2.2, 50), (3.0, 52)] == keys(exchanges.take_back().heard)
    assert exchanges.take_back() is None


def test_whole_keeps_pedals_and_ends_what_sounds():
    """In time order, and nothing after the end."""
    events = whole([NoteOn(1.0, 60, 80), Control(0.5, 64, 127), NoteOn(5.0, 62, 80)], 2.0)
    assert [Control(0.5, 64, 127), NoteOn(1.0, 60, 80), NoteOff(2.0, 60)] == events
