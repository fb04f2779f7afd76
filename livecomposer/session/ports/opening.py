"""What the settings name, opened: what is heard, and what is played through."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVarTuple

from livecomposer.clocks import Clock
from livecomposer.errors import PortError, SoundError
from livecomposer.events import Event
from livecomposer.faults import Faults
from livecomposer.midi import files, ports
from livecomposer.midi.output_port import OutputPort
from livecomposer.playing.sinks import NullSink, Sink
from livecomposer.settings import Settings

__all__ = ["in_loop", "open_sink", "simulated_performance", "sinks", "wanted_inputs"]

_What = TypeVarTuple("_What")


def sinks(
    settings: Settings, clock: Clock, notify: Callable[[str], None], faults: Faults | None = None
) -> Iterator[tuple[str, Sink]]:
    """By name, one after the other, so that each is in good hands before the next may fail to open."""
    if settings.output:
        names = [wanted.strip() for wanted in settings.output.split(",")]
        for wanted in names:
            sink = open_sink(wanted, settings, clock, patient=len(names) > 1, faults=faults)
            if isinstance(sink, OutputPort) and sink.away:
                notify(f"output {wanted!r} is not there; it is awaited")
            yield wanted, sink
        return
    for wanted in ("virtual", "synth"):
        try:
            sink = open_sink(wanted, settings, clock, faults=faults)
        except (PortError, SoundError) as error:
            notify(f"no {'sound' if wanted == 'synth' else 'virtual output'}: {error}")
        else:
            notify(f"output: {sink.name}")
            yield wanted, sink


def open_sink(
    wanted: str,
    settings: Settings,
    clock: Clock,
    *,
    patient: bool = False,
    faults: Faults | None = None,
    open_port: Callable[[str], ports.Port] = ports.open_output,
) -> Sink:
    """What the setting ``output`` calls ``wanted``, opened; raises :class:`PortError` and :class:`SoundError`.

    A port that is not there is awaited by one who is ``patient``.
    """
    if wanted == "none":
        return NullSink()
    if wanted.lower().endswith(".wav"):
        from livecomposer.playing.soundfonts import find_soundfont
        from livecomposer.playing.wav_sink import WavSink

        font = find_soundfont(settings.soundfont)
        return WavSink(Path(wanted), clock=clock, soundfont=font, gain=settings.gain)
    if wanted != "synth":
        return OutputPort(wanted, patient=patient, faults=faults, open_port=open_port)
    from livecomposer.playing.synth import open_synth

    return open_synth(
        audio=settings.audio, audio_device=settings.audio_device, soundfont=settings.soundfont, gain=settings.gain
    )


def simulated_performance(
    settings: Settings,
    fallback: Path | None,
    given: Sequence[Event] | None,
    notify: Callable[[str], None] = lambda _: None,
) -> files.Recording | None:
    """What plays in place of a person, if anything does; ``notify`` hears what is odd about its file."""
    if given is not None:
        return files.Recording((files.Track("performer", tuple(given)),))
    if settings.input.lower().endswith((".mid", ".midi")):
        return files.read(Path(settings.input), notify)
    if settings.input or fallback is None or ports.inputs():
        return None
    return files.read(fallback, notify)


def wanted_inputs(settings: Settings) -> list[str]:
    """The names to listen to; where none is named and no keyboard is there, our own port is open too."""
    wanted = [name.strip() for name in settings.input.split(",")]
    if not settings.input and not ports.inputs():
        wanted.append(ports.VIRTUAL)
    return wanted


def in_loop(call: Callable[[*_What], object]) -> Callable[[*_What], None]:
    """``call``, which belongs to this loop's thread, for any other."""
    loop = asyncio.get_running_loop()

    def soon(*what: *_What) -> None:
        with suppress(RuntimeError):  # the loop has closed: a last event while everything is being struck
            loop.call_soon_threadsafe(call, *what)

    return soon
