import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livecomposer.events import SUSTAIN, Control, Note, NoteOff, NoteOn, Role, untangle
from livecomposer.midi.files import read
from livecomposer.tokens.stream import ids_of_notes, notes_heard, notes_of_ids
from livecomposer.tokens.vocabulary import velocity_bin
from livecomposer.units import seconds_to_steps

ROOT = Path(__file__).parents[2]
BUNDLED = sorted((ROOT / "livecomposer" / "performances").glob("*.mid"))
DATA = Path(os.environ.get("LIVECOMPOSER_DATA", ROOT.parent / "shared" / "data"))
PACKS = (  # piano music under free licences, which is what the weights are trained on
    "giantmidi-sample",
    "jsb-chorales",
    "mutopia-pd-ccby",
    "nifc-chopin-first-editions",
    "nifc-polish-scores",
    "open-hymnal",
    "openewld",
    "openscore-lieder",
    "pianolatron-rolls",
    "pop909",
    "vienna4x22",
)
FILES_PER_PACK = 5
HALF_STEP = 0.005 + 1e-6

NOTES = st.lists(
    st.builds(
        lambda start, length, pitch, velocity, role: Note(start, start + length, pitch, velocity, role),
        st.floats(0, 20),
        st.floats(0.01, 3),
        st.integers(21, 108),
        st.integers(1, 127),
        st.sampled_from(Role),
    ),
    max_size=60,
).map(untangle)


def by_key(notes) -> list[Note]:
    """Notes ordered by role and pitch, each key's in order of start."""
    return sorted(notes, key=lambda note: (note.role, note.pitch, note.start))


def tellable(notes, *, origin) -> list[Note]:
    """``notes`` without those that begin on their key within one step of another: of these, one lasts to the end."""
    told: list[Note] = []
    for note in by_key(notes):
        before = told[-1] if told else None
        same_key = before is not None and (before.role, before.pitch) == (note.role, note.pitch)
        if same_key and seconds_to_steps(before.start - origin) == seconds_to_steps(note.start - origin):
            told[-1] = Note(before.start, note.end, note.pitch, before.velocity, note.role)
        else:
            told.append(note)
    return told


def assert_same_music(notes, back, *, origin) -> None:
    """Each note is back: onset and velocity bin as near as the vocabulary tells, and never shorter than one step."""
    expected = tellable(notes, origin=origin)
    assert [(note.role, note.pitch) for note in expected] == [(note.role, note.pitch) for note in by_key(back)]
    for note, told in zip(expected, by_key(back), strict=True):
        assert abs(note.start - told.start) <= HALF_STEP
        assert abs(note.end - told.end) <= HALF_STEP or note.end - note.start < 0.01
        assert told.end - told.start >= 0.01 - 1e-6
        assert abs(note.end - told.end) <= 0.015 + 1e-6
        assert velocity_bin(note.velocity) == velocity_bin(told.velocity)


@given(NOTES, st.floats(-10, 0))
def test_random_notes_come_back(notes, origin):
    """None is lost, both ends are within half a step (10 ms is wanted), and velocities keep their bin."""
    assert_same_music(notes, notes_of_ids(ids_of_notes(notes, origin=origin), origin=origin), origin=origin)


@given(NOTES)
def test_what_was_told_once_is_told_the_same_again(notes):
    """Notes that came out of the stream say the same in it, and from then on in the same ids."""
    assume(notes)
    ids = ids_of_notes(notes, origin=0.0)
    again = ids_of_notes(notes_of_ids(ids, origin=0.0), origin=0.0)
    assert notes_of_ids(ids, origin=0.0) == notes_of_ids(again, origin=0.0)
    assert again == ids_of_notes(notes_of_ids(again, origin=0.0), origin=0.0)


def test_notes_that_begin_on_one_key_within_one_step_are_one():
    """The one note that is told lasts as long as the last of them."""
    notes = [Note(1.0, 1.002, 60, 80), Note(1.002, 2.0, 60, 90)]
    assert [Note(1.0, 2.0, 60, 82)] == notes_of_ids(ids_of_notes(notes, origin=0.0), origin=0.0)


def test_the_silence_before_the_first_note_is_kept():
    """Notes keep their moments; only the origin says where step 0 is."""
    notes = notes_heard([[NoteOn(2.0, 60, 80), NoteOff(3.0, 60)]])
    assert [Note(2.0, 3.0, 60, 80)] == notes
    assert [355, 355, 376, 60, 355, 188] == ids_of_notes(notes, origin=0.0)
    assert [376, 60, 355, 188] == ids_of_notes(notes, origin=2.0)


def test_each_track_has_its_own_pedal():
    """One track's pedal holds that track's notes alone; what it still holds at the end stops with the track."""
    held = [Control(0.0, SUSTAIN, 127), NoteOn(0.0, 60, 80), NoteOff(0.5, 60), Control(4.0, 1, 0)]
    dry = [NoteOn(0.0, 64, 80), NoteOff(0.5, 64)]
    assert [Note(0.0, 4.0, 60, 80), Note(0.0, 0.5, 64, 80)] == notes_heard([held, dry])


def test_tracks_share_one_keyboard():
    """A key struck in one track ends what another track has sounding on it."""
    low, high = [NoteOn(0.0, 60, 80), NoteOff(4.0, 60)], [NoteOn(1.0, 60, 90), NoteOff(2.0, 60)]
    assert [Note(0.0, 1.0, 60, 80), Note(1.0, 2.0, 60, 90)] == notes_heard([low, high])


def test_no_tracks_and_empty_tracks_are_silence():
    """Nothing played is nothing heard and nothing told."""
    assert [] == notes_heard([[], []])
    assert [] == ids_of_notes([], origin=0.0)
    assert [] == notes_of_ids([], origin=0.0)


def assert_file_comes_back(path: Path) -> None:
    """A whole file survives the way to ids and back."""
    notes = notes_heard([track.events for track in read(path).tracks])
    assert len(notes) > 0
    assert_same_music(notes, notes_of_ids(ids_of_notes(notes, origin=0.0), origin=0.0), origin=0.0)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.name)
def test_bundled_files_come_back(path):
    """Every note of the bundled performances is back within half a step."""
    assert_file_comes_back(path)


@pytest.mark.parametrize("pack", PACKS)
def test_real_files_come_back(pack, tmp_path):
    """Every note of a sample of each pack is back within half a step."""
    archive_path = DATA / f"{pack}.tar.xz"
    if not archive_path.is_file():
        pytest.skip(f"no {archive_path}; LIVECOMPOSER_DATA names the folder of packs")
    with tarfile.open(archive_path) as archive:
        members = sorted((m for m in archive if m.name.endswith(".mid")), key=lambda member: member.name)
        sample = members[:: max(1, len(members) // FILES_PER_PACK)][:FILES_PER_PACK]
        for i, member in enumerate(sorted(sample, key=lambda member: member.offset)):
            path = tmp_path / f"{i}.mid"
            path.write_bytes(archive.extractfile(member).read())
            assert_file_comes_back(path)
