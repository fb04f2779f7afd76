"""A controller at an independent JACK client, as a program: each line of hexadecimal bytes on standard input is sent.

It shares no code with the instrument. Prints ``ready`` once its port, ``knob:out``, is there.
"""

import sys

import rtmidi


def main() -> None:
    """Send until the input ends."""
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="knob")
    out.open_virtual_port("out")
    print("ready", flush=True)
    for line in sys.stdin:
        out.send_message(list(bytes.fromhex(line)))


if __name__ == "__main__":
    main()
