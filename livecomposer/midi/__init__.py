"""The wire and Standard MIDI Files: the only room that knows mido and rtmidi."""
