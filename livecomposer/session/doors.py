"""What the settings name, opened: what is heard, and what is played through."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from livecomposer.clocks import Clock
from livecomposer.errors import PortError, SoundError
from livecomposer.events import Event
from livecomposer.midi import files, ports
from livecomposer.midi.inlet import Inlet
from livecomposer.midi.outlet import Outlet
from livecomposer.midi.performer import FilePerformer
from livecomposer.playing.sinks import NullSink, Output, Sink
from livecomposer.session.meters import Meters
from livecomposer.settings import Settings

__all__ = ["open_input", "simulated_performance", "sinks"]


def sinks(settings: Settings, clock: Clock, tell: Callable[[str], None]) -> Iterator[Sink]:
    """One after the other, so that each is in good hands before the next may fail to open."""
    if settings.output:
        yield from (_open_sink(wanted.strip(), settings, clock) for wanted in settings.output.split(","))
        return
    for wanted in ("virtual", "synth"):
        try:
            sink = _open_sink(wanted, settings, clock)
        except (PortError, SoundError) as error:
            tell(f"no {'sound' if wanted == 'synth' else 'virtual output'}: {error}")
        else:
            tell(f"output: {sink.name}")
            yield sink


def _open_sink(wanted: str, settings: Settings, clock: Clock) -> Sink:
    if wanted == "none":
        return NullSink()
    if wanted.lower().endswith(".wav"):
        from livecomposer.playing.soundfonts import find_soundfont
        from livecomposer.playing.wav_sink import WavSink

        font = find_soundfont(settings.soundfont)
        return WavSink(Path(wanted), clock=clock, soundfont=font, gain=settings.gain)
    if wanted != "synth":
        return Outlet(wanted)
    from livecomposer.playing.synth import open_synth

    return open_synth(
        audio=settings.audio, audio_device=settings.audio_device, soundfont=settings.soundfont, gain=settings.gain
    )


def simulated_performance(
    settings: Settings, fallback: Path | None, given: Sequence[Event] | None
) -> files.Recording | None:
    """What plays in place of a person, if anything does."""
    if given is not None:
        return files.Recording((files.Track("performer", tuple(given)),))
    if settings.input.lower().endswith((".mid", ".midi")):
        return files.read(Path(settings.input))
    if settings.input or fallback is None or ports.inputs():
        return None
    return files.read(fallback)


def open_input(
    settings: Settings,
    simulated: files.Recording | None,
    hear: Callable[[Event], None],
    output: Output,
    *,
    clock: Clock,
    meters: Meters,
) -> Inlet | FilePerformer:
    """Open what the performer plays, or the file that plays instead; ``hear`` is told each event in the loop's thread.

    Raises :class:`PortError`.
    """
    loop = asyncio.get_running_loop()

    def deliver(event: Event) -> None:
        with suppress(RuntimeError):  # the loop has closed: a last event while everything is being struck
            loop.call_soon_threadsafe(hear, event)

    thru = output.send if settings.thru == "on" else None
    if simulated is not None:
        return FilePerformer(simulated, clock=clock, deliver=deliver, thru=thru, on_thru=meters.thru.add)
    wanted = settings.input or next(iter(ports.inputs()), "virtual")
    try:
        return Inlet(wanted, clock=clock, deliver=deliver, thru=thru, on_thru=meters.thru.add)
    except PortError as error:
        if settings.input:
            raise
        raise PortError(f"{error}; or let a file play: --input FILE.mid") from error
