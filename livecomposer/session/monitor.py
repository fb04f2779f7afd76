"""What sounds, for whoever listens elsewhere than at the outputs: in a page, here or on another machine."""

from collections.abc import Callable

from livecomposer.playing.sinks import Output
from livecomposer.playing.synth_stream import FRAMES, RATE, StreamSynth
from livecomposer.settings import Settings

__all__ = ["FRAMES", "RATE", "StreamSynth", "monitor_of"]


def monitor_of(output: Output, settings: Settings, *, failed: Callable[[str], None]) -> StreamSynth:
    """The synthesiser as blocks of samples, fed with all that ``output`` is; it costs nothing until someone listens."""
    stream = StreamSynth(soundfont=settings.soundfont, gain=settings.gain, failed=failed)
    output.attach(stream)
    return stream
