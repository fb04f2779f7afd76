"""The law of imports, enforced by reading every module's source."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "livecomposer"

GROUND = {
    "atomic_write",
    "beats",
    "channel_state",
    "clocks",
    "errors",
    "events",
    "faults",
    "messages",
    "performances",
    "places",
    "settings",
    "toml_files",
    "units",
}
LEAVES = {"listening", "midi", "playing", "tokens", "model", "engine"}
FILES = {"tokens", "model", "engine", "midi.files"}
# Who may import what of ours, besides itself and the ground floor; a name with a dot is one module alone.
ALLOWED = {
    "midi": set(),
    "listening": set(),
    "tokens": set(),
    "playing": set(),
    "model": set(),
    "engine": {"model"},
    "weights": {"tokens", "model.card"},
    "companion": {"tokens", "listening", "model.sampling"},
    "takes": {"companion", "engine", "weights", "tokens", "model.sampling", "midi.files"},
    "session": LEAVES | {"companion", "takes", "weights"},
    "offline": LEAVES | {"companion", "takes", "weights", "session"},
    "control": {"session", "offline", "takes", "weights", "midi.ports"},
    "training": FILES,
    "evaluation": FILES,
}
ALLOWED_ALONE = {
    # The command line is these; the rest of control stays light.
    "control.cli": {"training", "evaluation"},
    "control.cli_commands": {"training", "evaluation"},
    "control.experiments.*": {"training", "evaluation", "companion", "engine", "midi.files", "model"},
    # What machines and controllers have is asked of the rooms themselves.
    "control.machine_facts": LEAVES,
    "control.surfaces.*": {"midi.controller_feedback"},
    "control.web.*": {"playing.synth_stream"},
    # Likelihoods are measured on the very shards that training reads.
    "evaluation.likelihood.*": {"training.corpus"},
    # Whoever plays along is given the melodies that the shards tell apart.
    "evaluation.music.*": {"training.corpus"},
}
# The companion is driven by calls alone: it waits for nothing and looks at no clock.
LIVE = {
    "asyncio",
    "datetime",
    "multiprocessing",
    "queue",
    "select",
    "signal",
    "socket",
    "subprocess",
    "threading",
    "time",
}

# Libraries that only some modules may import.
RESTRICTED = {
    "torch": ("model.*", "engine.*", "training.*", "evaluation.*"),
    "mido": ("midi.*",),
    "rtmidi": ("midi.*",),
    "jack": ("midi.port_watcher_process",),
    "fluidsynth": ("playing.synth*",),
    "sounddevice": ("playing.synth*",),
}
IMPORTED_AS = {
    "JACK-Client": "jack",
    "hdrhistogram": "hdrh",
    "pyfluidsynth": "fluidsynth",
    "python-osc": "pythonosc",
    "python-rtmidi": "rtmidi",
}

MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """The module's name below the package: ``midi.ports``, ``events``, or ``midi`` for a room's ``__init__``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, *, of: str) -> Iterator[str]:
    """Full names of what ``source`` imports, late imports included; a relative import is spelled out from ``of``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ["livecomposer", *of.split(".")][: -node.level] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def may_import(module: str, target: str) -> bool:
    """Whether ``module`` may import ``target``, both named below the package."""
    room, head = module.partition(".")[0], target.partition(".")[0]
    if head in GROUND or head == "__version__":
        return True
    if room in GROUND or not module:
        return False
    alone = (more for pattern, more in ALLOWED_ALONE.items() if fnmatch(module, pattern))
    allowed = {room}.union(ALLOWED[room], *alone)
    return head in allowed or any(target == one or target.startswith(one + ".") for one in allowed)


def may_use(module: str, library: str) -> bool:
    """Whether ``module`` may import ``library``."""
    return any(fnmatch(module, pattern) for pattern in RESTRICTED.get(library, ("*",)))


def breaches(source: str, *, of: str) -> list[str]:
    """What ``source`` imports against the law."""
    found = []
    for name in imports(source, of=of):
        head, _, target = name.partition(".")
        fine = may_import(of, target) if head == "livecomposer" else may_use(of, head)
        found += [] if fine else [name]
    return found


def declared() -> set[str]:
    """Import names of every library that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {line.split(">")[0].split("[")[0].split("=")[0].strip() for line in lines}
    return {IMPORTED_AS.get(name, name.replace("-", "_").lower()) for name in names}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_every_module_keeps_the_law_of_imports(path):
    """A module imports its own room, the ground floor, and what its room is allowed, and no library kept elsewhere."""
    assert [] == breaches(path.read_text(encoding="utf-8"), of=dotted(path))


@pytest.mark.parametrize("path", [path for path in MODULES if dotted(path).startswith("companion")], ids=dotted)
def test_the_companion_is_pure(path):
    """No module of it imports anything that waits, computes beside it, or tells the time."""
    heads = {name.partition(".")[0] for name in imports(path.read_text(encoding="utf-8"), of=dotted(path))}
    assert set() == heads & LIVE


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_every_library_imported_is_declared(path):
    """What is neither ours nor Python's own is named in pyproject.toml."""
    heads = {name.split(".")[0] for name in imports(path.read_text(encoding="utf-8"), of=dotted(path))}
    assert set() == heads - {"livecomposer"} - declared() - set(sys.stdlib_module_names)


def test_every_room_is_in_the_table():
    """A new room must first be given its place in the law."""
    rooms = {path.relative_to(PACKAGE).parts[0] for path in MODULES if len(path.relative_to(PACKAGE).parts) > 1}
    assert set() == rooms - set(ALLOWED) - GROUND


@pytest.mark.parametrize(
    ("of", "line"),
    [
        ("midi.ports", "from livecomposer.tokens.codec import Encoder"),
        ("midi.ports", "from livecomposer import tokens"),
        ("midi.ports", "def f():\n    import livecomposer.session.state"),
        ("tokens.codec", "import torch"),
        ("tokens.codec", "from torch.nn import Module"),
        ("tokens.codec", "from ..model import decoder"),
        ("events", "from livecomposer.midi import files"),
        ("model.decoder", "from livecomposer.engine import cache"),
        ("control.web", "from livecomposer.training import trainer"),
        ("control.web", "from livecomposer.tokens import grammar"),
        ("playing.player", "import fluidsynth"),
        ("training.corpus", "from livecomposer.midi import ports"),
        ("training.corpus", "from livecomposer.session import state"),
        ("session.state", "from livecomposer.control import cli"),
        ("session.state", "from livecomposer.offline import continuation"),
        ("companion.tape", "from livecomposer.session import transport"),
        ("companion.tape", "from livecomposer.model import decoder"),
        ("takes.journal", "from livecomposer.midi import ports"),
    ],
)
def test_a_breach_is_seen(of, line):
    """Each kind of forbidden import is found, whatever its spelling."""
    assert 1 == len(breaches(line, of=of))


@pytest.mark.parametrize(
    ("of", "line"),
    [
        ("midi.ports", "from livecomposer.events import Note"),
        ("midi.input_path", "from livecomposer.midi import ports\nimport rtmidi"),
        ("engine.eager", "from livecomposer.model import decoder\nimport torch"),
        ("control.cli", "from livecomposer.training import trainer\nfrom livecomposer.session import state"),
        ("training.corpus", "from livecomposer.midi import files\nfrom livecomposer.midi.files import read"),
        ("playing.synth_audio", "import sounddevice"),
        ("session.state", "from livecomposer.playing.scheduler import Scheduler"),
    ],
)
def test_what_is_allowed_is_not_called_a_breach(of, line):
    """The table's own examples pass."""
    assert [] == breaches(line, of=of)


HELP = """
import importlib.util, sys
import livecomposer.settings, livecomposer.events, livecomposer.units, livecomposer.clocks
if importlib.util.find_spec("livecomposer.control") and importlib.util.find_spec("livecomposer.control.cli"):
    from livecomposer.control.cli import main
    sys.argv = ["livecomposer", "--help"]
    try:
        main()
    except SystemExit as error:
        assert not error.code, error.code
loaded = {"torch", "mido", "rtmidi", "fluidsynth", "sounddevice"} & set(sys.modules)
sys.exit(f"loaded: {sorted(loaded)}" if loaded else 0)
"""


def test_help_loads_no_heavy_library():
    """The ground floor, and the command line's --help once it is there, load neither torch nor any sound library."""
    done = subprocess.run(
        [sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (0, "") == (done.returncode, done.stderr)
