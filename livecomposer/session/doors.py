"""What the settings name, opened: what is heard, and what is played through."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from livecomposer.clocks import Clock
from livecomposer.errors import PortError, SoundError
from livecomposer.events import Event
from livecomposer.midi import files, ports
from livecomposer.midi.ears import Ears
from livecomposer.midi.inlet import Arrival
from livecomposer.midi.outlet import Outlet
from livecomposer.midi.performer import FilePerformer
from livecomposer.midi.routing import Router, Routing
from livecomposer.playing.sinks import NullSink, Output, Sink
from livecomposer.session.meters import Meters
from livecomposer.settings import Settings

__all__ = ["in_loop", "open_input", "open_sink", "simulated_performance", "sinks"]


def sinks(settings: Settings, clock: Clock, tell: Callable[[str], None]) -> Iterator[tuple[str, Sink]]:
    """By name, one after the other, so that each is in good hands before the next may fail to open."""
    if settings.output:
        names = [wanted.strip() for wanted in settings.output.split(",")]
        for wanted in names:
            sink = open_sink(wanted, settings, clock, patient=len(names) > 1)
            if isinstance(sink, Outlet) and sink.away:
                tell(f"output {wanted!r} is not there; it is awaited")
            yield wanted, sink
        return
    for wanted in ("virtual", "synth"):
        try:
            sink = open_sink(wanted, settings, clock)
        except (PortError, SoundError) as error:
            tell(f"no {'sound' if wanted == 'synth' else 'virtual output'}: {error}")
        else:
            tell(f"output: {sink.name}")
            yield wanted, sink


def open_sink(
    wanted: str,
    settings: Settings,
    clock: Clock,
    *,
    patient: bool = False,
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
        return Outlet(wanted, patient=patient, open_port=open_port)
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
    urgent: Callable[[bytes], bool] | None = None,
    on_realtime: Callable[[bytes, float, int], None] | None = None,
    routing: Callable[[], Routing] = Routing,
    overhear: Callable[[Event], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Ears, FilePerformer | None]:
    """Open what the performer plays, and the file that plays instead, if one does: then the ears hear nothing yet.

    ``hear`` is told each event in the loop's thread.

    ``overhear`` is told there what sounds and does not feed the companion.
    ``urgent`` is as for :class:`livecomposer.midi.inlet.Arrival`, ``on_realtime`` as for
    :class:`livecomposer.midi.ears.Ears`; a file has nothing for them.
    ``routing`` says at each moment what becomes of the performer's messages.
    A keyboard that is not there is told and awaited; where none is named and none is there, our own port is open too.
    """
    loop = asyncio.get_running_loop()

    def deliver(event: Event) -> None:
        with suppress(RuntimeError):  # the loop has closed: a last event while everything is being struck
            loop.call_soon_threadsafe(hear, event)

    def note(event: Event) -> None:
        with suppress(RuntimeError):  # the same
            loop.call_soon_threadsafe(overhear, event)

    def ears(wanted: Sequence[str]) -> Ears:
        return Ears(wanted, arrival=arrival, clock=clock, on_realtime=on_realtime, tell=in_loop(tell))

    thru = output.send if settings.thru == "on" else None
    arrival = Arrival(
        clock=clock,
        deliver=deliver,
        thru=thru,
        on_thru=meters.thru.add,
        urgent=urgent,
        router=Router(routing),
        on_sounds=note,
    )
    if simulated is not None:
        router = Router(routing, any_channel=True)
        return ears([]), FilePerformer(
            simulated,
            clock=clock,
            deliver=deliver,
            thru=thru,
            on_thru=meters.thru.add,
            router=router,
            on_sounds=note,
        )
    wanted = [name.strip() for name in settings.input.split(",")]
    if not settings.input and not ports.inputs():
        wanted.append(ports.VIRTUAL)
    return ears(wanted), None


def in_loop(tell: Callable[[str], None]) -> Callable[[str], None]:
    """``tell`` for any thread."""
    loop = asyncio.get_running_loop()

    def say(line: str) -> None:
        with suppress(RuntimeError):  # the loop has closed
            loop.call_soon_threadsafe(tell, line)

    return say
