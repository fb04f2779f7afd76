"""A JACK client that leads and measures, as a program: it rolls the transport, plays a phrase, writes down what comes.

python clock_hands.py TEMPO SECONDS PHRASE_AT STOP_AT: becomes timebase master at TEMPO, prints ``ready``, waits for a
line on standard input, rolls, and prints as JSON a list of [port, seconds, bytes...]. The moments are those of the
periods in which the messages came, on the machine's clock: JACK's own stands still while the machine is too busy. A
PHRASE_AT or STOP_AT of 0: never; a TEMPO of 0: it only listens. It shares no code with the instrument.
"""

import json
import sys
import time

import jack

KEYS = [(0.15 * i, [0x90, 60 + i, 80]) for i in range(6)]
KEYS += [(0.15 * i + 0.1, [0x80, 60 + i, 0]) for i in range(6)]


def main() -> None:
    """Open the ports, then lead."""
    tempo, seconds, phrase_at, stop_at = map(float, sys.argv[1:5])
    client = jack.Client("leader")
    input_ports = [client.midi_inports.register(name) for name in ("clock", "notes")]
    frontends = client.midi_outports.register("keys")
    heard: list[list[float]] = []
    to_play: list[tuple[float, list[int]]] = []

    @client.set_process_callback
    def process(frames: int) -> None:
        now = time.perf_counter()
        frontends.clear_buffer()
        while to_play and to_play[0][0] <= now:
            frontends.write_midi_event(0, bytes(to_play.pop(0)[1]))
        for ear in input_ports:
            heard.extend([ear.shortname, now, *bytes(data)] for _, data in ear.incoming_midi_events())

    if tempo:

        @client.set_timebase_callback
        def timebase(state: int, blocksize: int, position: object, new_position: bool) -> None:
            beats, part = divmod(position.frame * tempo / 60.0 / client.samplerate, 1.0)
            position.beats_per_bar, position.beat_type, position.ticks_per_beat = 4.0, 4.0, 1920.0
            position.beats_per_minute = tempo
            position.bar, position.beat = 1 + int(beats) // 4, 1 + int(beats) % 4
            position.tick, position.bar_start_tick = int(1920 * part), 4 * 1920.0 * (int(beats) // 4)
            position.valid = jack.POSITION_BBT

    with client:
        print("ready", flush=True)
        sys.stdin.readline()
        if tempo:
            client.transport_locate(0)
            client.transport_start()
        began = time.perf_counter()
        if phrase_at:
            to_play += sorted((began + phrase_at + moment, data) for moment, data in KEYS)
        time.sleep(stop_at or seconds)
        if stop_at:
            client.transport_stop()
            time.sleep(max(0.0, seconds - stop_at))
    print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    main()
