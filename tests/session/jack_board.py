"""A switchboard on a real JACK server, as a program: what it heard and left sounding, as JSON."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["TIMES", "outcome"]

TIMES = 10
_LIMIT_SECONDS = 120
_STRIKES = 100


def outcome() -> Any:
    """Run this file in a process of its own, on a server of its own; what it printed."""
    from tests.jack import jack_server

    with jack_server(period=512):
        played = subprocess.run(
            [sys.executable, __file__],
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
            check=False,
            env=os.environ | {"PYTHONFAULTHANDLER": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        )
    assert played.returncode == 0, f"ended with {played.returncode}: {played.stdout}{played.stderr}"
    return json.loads(played.stdout)


async def main() -> None:
    """Change input and output to and fro; strike a key on each keyboard until it is heard."""
    import rtmidi

    from livecomposer.clocks import MonotonicClock
    from livecomposer.events import NoteOn
    from livecomposer.midi.input_path import InputPath, Played
    from livecomposer.midi.input_ports import InputPorts
    from livecomposer.playing.sinks import Output
    from livecomposer.session.ports.hotplug import Hotplug
    from livecomposer.settings import Settings

    keyboards = {name: rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name) for name in ("left", "right")}
    synths = {name: rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name) for name in ("upper", "lower")}
    for client in (*keyboards.values(), *synths.values()):
        client.open_virtual_port("port")
    heard: list[int] = []
    clock, output = MonotonicClock(), Output([])

    def hear(played: Played) -> None:
        if isinstance(played.event, NoteOn):
            heard.append(played.event.pitch)

    input_path = InputPath(clock=clock, deliver=hear, thru=output.send)
    board = Hotplug(Settings, InputPorts([], input_path=input_path, clock=clock), None, output, {}, clock=clock)
    all_heard: list[int] = []
    sounding: dict[str, set[int]] = {name: set() for name in synths}
    async with board.mended(lambda line: print(line, file=sys.stderr)):
        for _ in range(TIMES):
            for keyboard, synth, pitch in (("left", "upper", 60), ("right", "lower", 72)):
                await board.change_input(f"{keyboard}:port")
                await board.change_output(f"{synth}:port")
                heard.clear()
                for _ in range(_STRIKES):
                    keyboards[keyboard].send_message([0x90, pitch, 80])
                    await asyncio.sleep(0.05)
                    if heard and _listened(synths, sounding)[synth]:
                        break
                all_heard.append(*set(heard))
        await board.change_output("none")
        await asyncio.sleep(0.2)
    board.close()
    output.close()
    left_on = sum(len(keys) for keys in _listened(synths, sounding).values())
    print(json.dumps({"heard": all_heard, "left_on": left_on, "times": TIMES}), flush=True)


def _listened(synths: dict[str, Any], sounding: dict[str, set[int]]) -> dict[str, set[int]]:
    for name, input_ports in synths.items():
        while (message := input_ports.get_message()) is not None:
            kind, key, value = (*message[0], 0)[:3]
            if kind & 0xF0 == 0x90 and value:
                sounding[name].add(key)
            elif kind & 0xE0 == 0x80:
                sounding[name].discard(key)
    return sounding


if __name__ == "__main__":
    asyncio.run(main())
