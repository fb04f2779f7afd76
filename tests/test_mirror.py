"""Every module has its test file, and every test file its module."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "livecomposer", ROOT / "tests"

WITHOUT_A_TEST_FILE = {
    "session/commands/actions.py": "each is tested in the session that it is done to (tests/session/test_session.py)",
    "companion/requests.py": "two values; whoever asks them is tested with them",
}
WITHOUT_A_MODULE = {
    "control/test_panel_browser.py": "about the panel's page, which is no module",
    "test_layers.py": "about all modules at once",
    "test_mirror.py": "about all modules at once",
    "test_house.py": "about the files around the package",
    "test_papers.py": "about the papers",
    "test_performances.py": "about livecomposer/performances, which is a folder with nothing but its list",
}

MODULES = sorted(p.relative_to(PACKAGE) for p in PACKAGE.rglob("*.py") if not p.stem.startswith("__"))
TEST_FILES = sorted(p.relative_to(TESTS) for p in TESTS.rglob("test_*.py"))


@pytest.mark.parametrize("module", [m for m in MODULES if str(m) not in WITHOUT_A_TEST_FILE], ids=str)
def test_every_module_has_its_test_file(module):
    """The tests of livecomposer/room/noun.py are in tests/room/test_noun.py."""
    assert (TESTS / module.parent / f"test_{module.name}").is_file()


@pytest.mark.parametrize("test_file", [t for t in TEST_FILES if str(t) not in WITHOUT_A_MODULE], ids=str)
def test_every_test_file_has_its_module(test_file):
    """No test file outlives the module it is named for."""
    module = test_file.parent / test_file.name.removeprefix("test_")
    assert any((root / module).is_file() for root in (PACKAGE, ROOT))


def test_every_exception_is_still_needed():
    """An exception names a file that is there, and a module that still has no test file."""
    for name in WITHOUT_A_TEST_FILE:
        assert (PACKAGE / name).is_file()
        assert not (TESTS / Path(name).parent / f"test_{Path(name).name}").exists()
    for name in WITHOUT_A_MODULE:
        assert (TESTS / name).is_file()
        assert not (PACKAGE / Path(name).parent / Path(name).name.removeprefix("test_")).exists()
