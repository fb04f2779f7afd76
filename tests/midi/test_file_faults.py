from livecomposer.midi.file_faults import Fault, summary


def test_what_was_ignored_comes_before_what_was_mended():
    """One of a kind is told in the singular, large numbers with commas."""
    faults = {Fault.HELD: 1, Fault.KEY_SIGNATURES: 1, Fault.DRUM_NOTES: 3000}
    wanted = "ignored: 1 key signature that does not exist, 3,000 drum notes; mended: 1 note never ended"
    assert wanted == summary(faults)


def test_nothing_odd_says_nothing():
    """Neither an empty table nor one of zeros."""
    assert "" == summary({}) == summary({Fault.TEMPOS: 0})


def test_a_fault_is_its_own_name():
    """As a key it is the plain text."""
    assert {"drum notes": 2} == {Fault.DRUM_NOTES: 2}
    assert (True, False) == (Fault.HELD.mended, Fault.TEMPOS.mended)
