"""Ears at an independent JACK client, as a program: writes down what a port sends, and shares no code with us.

python jack_ears.py: prints ``ready``, and at the end of standard input what it heard as JSON: a list of [seconds,
bytes...].
"""

import json
import sys
import time
from threading import Event, Thread

import rtmidi


def main() -> None:
    """Open the port, listen until told to stop."""
    input_ports = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="ears", queue_size_limit=100_000)
    input_ports.open_virtual_port("in")
    print("ready", flush=True)
    over = Event()
    Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    heard: list[list[float]] = []
    while not over.is_set():
        while (message := input_ports.get_message()) is not None:
            heard.append([time.monotonic(), *message[0]])
        time.sleep(0.002)
    print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    main()
