from collections import Counter

import pytest

from livecomposer.midi.file_chunks import Chunks
from livecomposer.midi.file_conductor import conductor_of
from livecomposer.midi.file_faults import Fault

TEMPO_ONE_SECOND = b"\xff\x51\x0f\x42\x40"


def read(*messages, division=96):
    """The conductor of one track of these messages, and what was odd."""
    faults = Counter()
    return conductor_of(Chunks(1, division, ([*messages],), Counter()), faults), +faults


def test_tempo_changes_are_taken_from_any_track():
    """A type 1 file may have them beside the notes; a beat later the new one holds."""
    chunks = Chunks(1, 96, ([], [(96, TEMPO_ONE_SECOND)]), Counter())
    assert (0.0, 0.5, 1.5) == conductor_of(chunks, Counter()).beats(1.0)


def test_a_tempo_of_zero_is_passed_over():
    """What held before goes on."""
    conductor, faults = read((0, TEMPO_ONE_SECOND), (96, b"\xff\x51\0\0\0"))
    assert (2.0, {Fault.TEMPOS: 1}) == (conductor.tempo.to_seconds(192), faults)


def test_a_tempo_of_too_few_bytes_is_none():
    """The bytes of a message that says too little are not read as one."""
    assert 0.5 == read((0, b"\xff\x51\x0f\x42"))[0].tempo.to_seconds(96)


@pytest.mark.parametrize("signature", [b"\x00\x02\x18\x08", b"\x03\x08\x18\x08", b"\x03\xff"])
def test_a_time_signature_that_does_not_exist_is_passed_over(signature):
    """No beats in a bar, or beats below a 128th; the next that exists is the first."""
    conductor, faults = read((0, b"\xff\x58" + signature), (0, b"\xff\x58\x06\x03"))
    assert (3.0, {Fault.TIME_SIGNATURES: 1}) == (conductor.quarters_per_bar, faults)


@pytest.mark.parametrize(("signature", "odd"), [(b"\xf9\x00", 0), (b"\x07\x01", 0), (b"\xf8\x00", 1), (b"\x00\x02", 1)])
def test_key_signatures_have_up_to_seven_sharps_or_flats(signature, odd):
    """Major or minor; others are counted."""
    assert odd == read((0, b"\xff\x59" + signature))[1][Fault.KEY_SIGNATURES]


def test_a_division_that_is_none_is_an_error():
    """Neither ticks a beat nor frames that exist."""
    with pytest.raises(ValueError, match="a time division of 0; wanted ticks per beat or SMPTE frames"):
        read(division=0)
