"""Whole or not at all."""

import ast
import re
import stat
from pathlib import Path

import pytest

from livecomposer.atomic_write import atomic_write

PACKAGE = Path(__file__).parents[1] / "livecomposer"

WRITES_IN_PLACE = {
    "engine/host.py": "the pipe to the session",
    "playing/synth_render.py": "in a function of its own, which is given the place",
    "takes/journal.py": "grows line by line while music plays",
    "training/curve.py": "grows line by line while a run trains",
}
WRITERS = {"save_file", "savefig", "savez", "savez_compressed", "write_bytes", "write_text"}


def written(path, data):
    """As any writer does it."""
    with atomic_write(path) as partial:
        partial.write_bytes(data)


def test_a_file_is_made_or_replaced(tmp_path):
    """Nothing else stays in the folder."""
    path = tmp_path / "set.toml"
    written(path, b"first")
    written(path, b"second")
    assert b"second" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_who_may_read_it_stays(tmp_path):
    """A new file is as any other, one that is replaced as it was."""
    path, plain = tmp_path / "set.toml", tmp_path / "plain"
    plain.touch()
    written(path, b"first")
    assert plain.stat().st_mode == path.stat().st_mode
    path.chmod(0o600)
    written(path, b"second")
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_was_there_stays_where_the_writing_stops(tmp_path, error):
    """Half of a file is nobody's."""
    path = tmp_path / "set.toml"
    path.write_bytes(b"old")

    def stopped(partial):
        partial.write_bytes(b"ha")
        raise error

    with pytest.raises(type(error)), atomic_write(path) as partial:
        stopped(partial)
    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_place_that_cannot_be_taken_leaves_no_litter(tmp_path):
    """A folder is there; or there is no folder."""
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        written(tmp_path / "taken", b"new")
    with pytest.raises(OSError, match="none"):
        written(tmp_path / "none" / "set.toml", b"new")
    assert [tmp_path / "taken"] == list(tmp_path.iterdir())


def test_a_link_is_replaced_and_what_it_led_to_is_not_touched(tmp_path):
    """Nobody's other file is written over."""
    other, path = tmp_path / "other", tmp_path / "set.toml"
    other.write_bytes(b"mine")
    path.symlink_to(other)
    written(path, b"new")
    assert (b"mine", b"new") == (other.read_bytes(), path.read_bytes())


def test_two_who_write_at_once_have_a_file_each(tmp_path):
    """The later one stays, whole."""
    path = tmp_path / "set.toml"
    with atomic_write(path) as first:
        first.write_bytes(b"the first of two")
        written(path, b"other")
        assert b"other" == path.read_bytes()
    assert b"the first of two" == path.read_bytes()


def _writes(call):
    """Whether a call writes a file: by its name, or by the mode it opens with."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    modes = [each.value for each in [*call.args, *(k.value for k in call.keywords)] if isinstance(each, ast.Constant)]
    opened = name in {"open", "fdopen"} and any(re.fullmatch("[rbt]*[wxa+][bt+]*", str(mode)) for mode in modes)
    return opened or name in WRITERS


def _in_place(node, *, inside=False):
    """Lines of what is written neither beside nor moved."""
    if isinstance(node, ast.With):
        inside = inside or any("atomic_write" in ast.unparse(item) for item in node.items)
    if isinstance(node, ast.Call) and not inside and _writes(node):
        yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _in_place(child, inside=inside)


def test_no_module_writes_a_file_in_its_place():
    """What a full disk or a crash would leave is half a file; whoever may is named above."""
    found = {
        path.relative_to(PACKAGE).as_posix(): list(_in_place(ast.parse(path.read_text(encoding="utf-8"))))
        for path in PACKAGE.rglob("*.py")
    }
    assert set(WRITES_IN_PLACE) == {name for name, lines in found.items() if lines}
