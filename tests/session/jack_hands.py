"""Hands at an independent JACK client, as a program: plays phrases into a port and writes down what another sends.

python jack_hands.py PHRASES SECONDS_BETWEEN: prints ``ready``, waits for a line on standard input, plays, and prints
what it heard as JSON: a list of [seconds, bytes...]. It shares no code with the instrument.
"""

import json
import sys
import time

import rtmidi


def main() -> None:
    """Open the two ports, then play."""
    phrases, between = int(sys.argv[1]), float(sys.argv[2])
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="hands")
    out.open_virtual_port("out")
    input_ports = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="ears", queue_size_limit=100_000)
    input_ports.open_virtual_port("in")
    print("ready", flush=True)
    sys.stdin.readline()
    heard: list[list[float]] = []
    for phrase in range(phrases):
        for i in range(6):
            key = 60 + 2 * phrase + i
            out.send_message([0x90, key, 80])
            listen(input_ports, heard, 0.1)
            out.send_message([0x80, key, 0])
            listen(input_ports, heard, 0.05)
        listen(input_ports, heard, between)
    print(json.dumps(heard), flush=True)


def listen(input_ports: rtmidi.MidiIn, heard: list[list[float]], seconds: float) -> None:
    """Take in what comes for a while, without a callback."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        while (message := input_ports.get_message()) is not None:
            heard.append([time.monotonic(), *message[0]])
        time.sleep(0.002)


if __name__ == "__main__":
    main()
