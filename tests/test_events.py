from hypothesis import given
from hypothesis import strategies as st

from livecomposer.events import Note, NoteOff, NoteOn, Role, events_of_notes, notes_of_events, untangle

TIMES = st.integers(0, 400).map(lambda step: step / 40)
NOTES = st.lists(
    st.builds(
        lambda start, length, pitch, velocity, role: Note(start, start + length, pitch, velocity, role),
        TIMES,
        st.integers(1, 80).map(lambda step: step / 40),
        st.integers(58, 62),
        st.integers(1, 127),
        st.sampled_from(Role),
    ),
    max_size=40,
)


def test_a_note_runs_from_its_on_to_its_off():
    """A note-on and the next note-off of its pitch make one note, with the velocity it was struck with."""
    assert [Note(1.0, 2.5, 60, 80)] == notes_of_events([NoteOn(1.0, 60, 80), NoteOff(2.5, 60)])


def test_an_off_of_what_does_not_sound_is_passed_over():
    """A stray note-off makes no note and ends none of another pitch."""
    assert [Note(1.0, 3.0, 60, 80)] == notes_of_events([NoteOn(1.0, 60, 80), NoteOff(2.0, 61), NoteOff(3.0, 60)])


def test_what_still_sounds_ends_where_it_is_told():
    """An open note ends at ``end``, or with the last event where no end is given."""
    events = [NoteOn(1.0, 60, 80), NoteOn(2.0, 64, 80)]
    assert [Note(1.0, 5.0, 60, 80), Note(2.0, 5.0, 64, 80)] == notes_of_events(events, end=5.0)
    assert [Note(1.0, 2.0, 60, 80), Note(2.0, 2.0, 64, 80)] == notes_of_events(events)


def test_a_key_struck_again_ends_its_earlier_note():
    """Two note-ons of one pitch in a row make two notes that touch."""
    events = [NoteOn(1.0, 60, 80), NoteOn(2.0, 60, 90), NoteOff(3.0, 60)]
    assert [Note(1.0, 2.0, 60, 80), Note(2.0, 3.0, 60, 90)] == notes_of_events(events)


def test_both_roles_hold_one_pitch_independently():
    """A note-off of one role leaves the other role's note of that pitch sounding."""
    mine, yours = Role.PERFORMER, Role.COMPANION
    events = [NoteOn(0.0, 60, 80, mine), NoteOn(1.0, 60, 90, yours), NoteOff(2.0, 60, mine), NoteOff(3.0, 60, yours)]
    assert [Note(0.0, 2.0, 60, 80, mine), Note(1.0, 3.0, 60, 90, yours)] == notes_of_events(events)


def test_of_notes_that_start_together_on_one_key_the_longest_stays():
    """A unison of two tracks is heard as one note, the longer one."""
    assert [Note(0.0, 2.0, 60, 70)] == untangle([Note(0.0, 1.0, 60, 90), Note(0.0, 2.0, 60, 70)])


def test_a_note_inside_another_on_one_key_cuts_it():
    """The earlier note ends where the later one starts."""
    assert [Note(0.0, 1.0, 60, 70), Note(1.0, 2.0, 60, 90)] == untangle(
        [Note(0.0, 4.0, 60, 70), Note(1.0, 2.0, 60, 90)]
    )


def test_at_one_moment_offs_come_first_then_low_pitches():
    """Simultaneous events have one fixed order."""
    notes = [Note(0.0, 1.0, 67, 80), Note(1.0, 2.0, 64, 80), Note(1.0, 2.0, 60, 80)]
    assert [NoteOff(1.0, 67), NoteOn(1.0, 60, 80), NoteOn(1.0, 64, 80)] == list(events_of_notes(notes))[1:4]


def test_a_note_of_no_length_keeps_its_off_behind_its_on():
    """A note that ends where it starts is not left hanging."""
    assert [NoteOn(1.0, 60, 80), NoteOff(1.0, 60)] == list(events_of_notes([Note(1.0, 1.0, 60, 80)]))


@given(NOTES)
def test_untangled_notes_survive_the_way_through_events(notes):
    """Notes to events and back are the same notes, and untangling twice changes nothing more."""
    clean = untangle(notes)
    assert clean == untangle(clean)
    by_role = sorted(clean, key=lambda note: (note.start, note.pitch, note.role))
    back = notes_of_events(events_of_notes(clean))
    assert by_role == sorted(back, key=lambda note: (note.start, note.pitch, note.role))


@given(NOTES)
def test_untangled_notes_of_one_key_never_overlap(notes):
    """On one key of one role each note ends before the next one starts."""
    keys: dict[tuple[Role, int], float] = {}
    for note in untangle(notes):
        assert keys.get((note.role, note.pitch), 0.0) <= note.start
        keys[note.role, note.pitch] = note.end
