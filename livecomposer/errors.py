"""The one tree of errors that a person may read.

Every message says what was got, what was wanted and what to do about it, in one line; the command line prints it and
exits with 2. Errors of other libraries are converted where they enter, with ``raise … from``::

    LivecomposerError
    ├── SettingError      a setting that is unknown, of the wrong type, or out of its range
    ├── MidiFileError     a file that is not readable, playable MIDI
    ├── PortError         a port that does not exist or cannot be opened
    ├── CheckpointError   weights that are missing, damaged, or of another vocabulary
    ├── CorpusError       training data that cannot be used
    ├── SoundError        no SoundFont, no audio device, no synthesiser library
    └── EngineError       the engine's process died, hung or answered nonsense
"""

__all__ = [
    "CheckpointError",
    "CorpusError",
    "EngineError",
    "LivecomposerError",
    "MidiFileError",
    "PortError",
    "SettingError",
    "SoundError",
    "one_line",
]


class LivecomposerError(Exception):
    """Root of the tree; ``str(error)`` is one line fit for a performer."""


class SettingError(LivecomposerError):
    """A setting is unknown, of the wrong type, or out of its range."""


class MidiFileError(LivecomposerError):
    """A file is not readable, playable MIDI."""


class PortError(LivecomposerError):
    """A MIDI port does not exist or cannot be opened."""


class CheckpointError(LivecomposerError):
    """Weights are missing, damaged, or made for another vocabulary."""


class CorpusError(LivecomposerError):
    """Training data cannot be used."""


class SoundError(LivecomposerError):
    """There is no SoundFont, no audio device, or no synthesiser library."""


class EngineError(LivecomposerError):
    """The engine's process died, hung, or answered nonsense."""


def one_line(error: BaseException) -> str:
    """What another library's error says, in one line of at most 200 characters; where it says nothing, its kind."""
    return " ".join(str(error).split())[:200] or type(error).__name__
