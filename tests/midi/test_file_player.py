from queue import Queue
from threading import Event as Flag

from livecomposer.clocks import ManualClock, MonotonicClock
from livecomposer.events import SUSTAIN, Control, NoteOff, NoteOn
from livecomposer.faults import Fault, Faults
from livecomposer.midi.file_player import FilePlayer
from livecomposer.midi.files import Recording, Track
from livecomposer.midi.input_path import InputPath
from tests.fakes import counted

TUNE = Track("tune", (NoteOn(0.5, 60, 80), NoteOff(1.0, 60), NoteOn(1.0, 62, 81), NoteOff(2.5, 62)))


def played(*tracks, thru=None):
    """Everything a performer delivers on a clock that its waiting moves, from 10 s on."""
    clock, got, over = ManualClock(10.0), [], Flag()
    input_path = InputPath(clock=clock, deliver=lambda played: got.append(played.event), thru=thru)
    performer = FilePlayer(Recording(tracks), input_path=input_path, clock=clock, wait=clock.advance, on_done=over.set)
    assert over.wait(20)
    performer.close()
    assert performer.done
    return got


def test_a_recording_is_played_at_its_own_times_from_the_start():
    """Each event is stamped with the clock's time of its playing."""
    assert [NoteOn(10.5, 60, 80), NoteOff(11.0, 60), NoteOn(11.0, 62, 81), NoteOff(12.5, 62)] == played(TUNE)


def test_thru_is_given_the_wire_bytes():
    """The output hears what a keyboard on channel 1 would send."""
    through = []
    played(TUNE, thru=through.append)
    assert [bytes([0x90, 60, 80]), bytes([0x80, 60, 64])] == through[:2]
    assert 4 == len(through)


def test_a_pedal_left_down_is_lifted_at_the_end():
    """The simulated performer takes the foot off before leaving."""
    track = Track("pedal", (Control(0.0, SUSTAIN, 127), *TUNE.events))
    assert Control(12.5, SUSTAIN, 0) == played(track)[-1]


def test_two_tracks_share_one_keyboard():
    """A key struck while another track holds it is let go first, as one pair of hands must."""
    other = Track("other", (NoteOn(0.75, 60, 90), NoteOff(2.0, 60)))
    key = [event for event in played(TUNE, other) if event.pitch == 60]
    assert [NoteOn(10.5, 60, 80), NoteOff(10.75, 60), NoteOn(10.75, 60, 90), NoteOff(11.0, 60)] == key


def test_an_empty_recording_is_done_at_once():
    """Nothing to play is nothing played."""
    assert [] == played()


def test_broken_receivers_are_counted_and_the_music_goes_on():
    """Neither thru nor deliver can stop the performer."""
    clock, over = ManualClock(), Flag()

    def broken(*_args):
        raise RuntimeError

    input_path = InputPath(clock=clock, deliver=broken, thru=broken, faults=(faults := Faults()))
    performer = FilePlayer(Recording((TUNE,)), input_path=input_path, clock=clock, wait=clock.advance, on_done=over.set)
    assert over.wait(20)
    performer.close()
    assert {Fault.THRU_FAILED: 4, Fault.DELIVERY_FAILED: 4} == counted(faults)


def test_closing_interrupts_at_once_and_lets_go():
    """What is held ends in both thru and deliver, though the file would go on for an hour."""
    track = Track("long", (Control(0.0, SUSTAIN, 127), NoteOn(0.0, 60, 80), NoteOff(3600.0, 60)))
    got, through, over = Queue(), [], Flag()
    clock = MonotonicClock()
    input_path = InputPath(clock=clock, deliver=lambda played: got.put(played.event), thru=through.append)
    performer = FilePlayer(Recording((track,)), input_path=input_path, clock=clock, on_done=over.set)
    held = [got.get(timeout=20), got.get(timeout=20)]
    performer.close()
    performer.close()
    ended = [got.get(timeout=20), got.get(timeout=20)]
    assert [SUSTAIN, 60] == [held[0].number, held[1].pitch]
    assert (60, (SUSTAIN, 0)) == (ended[0].pitch, (ended[1].number, ended[1].value))
    assert isinstance(ended[0], NoteOff)
    assert [bytes([0x80, 60, 64]), bytes([0xB0, SUSTAIN, 0])] == through[-2:]
    assert (False, False) == (performer.done, over.is_set())


def test_leaving_the_context_closes():
    """A performer is a context manager, as an inlet is."""
    got, clock = Queue(), MonotonicClock()
    track = Track("long", (NoteOn(0.0, 60, 80), NoteOff(3600.0, 60)))
    with FilePlayer(
        Recording((track,)),
        input_path=InputPath(clock=clock, deliver=lambda played: got.put(played.event)),
        clock=clock,
    ):
        got.get(timeout=20)
    assert isinstance(got.get(timeout=20), NoteOff)


def test_the_performer_may_be_closed_from_its_own_thread():
    """A session that closes on the end of the music does not wait for itself."""
    over, box = Flag(), Queue()

    def end():
        box.get(timeout=20).close()
        over.set()

    performer = FilePlayer(Recording(()), input_path=print, clock=ManualClock(100), on_done=end)
    box.put(performer)
    assert over.wait(20)
