"""From folders of MIDI to weights, offline."""
