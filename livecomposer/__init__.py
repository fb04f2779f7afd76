"""livecomposer: a real-time MIDI companion that listens, continues, answers and plays along."""

__version__ = "0.1.0"
