"""The files around the package tell the truth."""

import os
import re
import tomllib
import warnings
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import livecomposer
from livecomposer import performances
from livecomposer.midi import files
from livecomposer.settings import load

ROOT = Path(__file__).parents[1]
SOURCES = {".py", ".c", ".h", ".js", ".css", ".html"}
MOST_WORDS = 6


def mapped():
    """Every file that the map of docs/architecture.md has, by its path, with its job; folders end in a slash."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## The map")[2].split("```")[1]
    folders = []
    for indent, name, job in re.findall(r"^( *)(\S+)(?:  +(\S.*))?$", text, flags=re.MULTILINE):
        folders = folders[: len(indent) // 2]
        yield "".join([*folders, name]), job
        folders += [name] if name.endswith("/") else []


def test_the_map_names_every_file():
    """Every source file is on the map, at its place and with its job in few words; and nothing else is."""
    jobs = dict(mapped())
    there = {
        str(path.relative_to(ROOT))
        for top in ("livecomposer", "soundfonts", "scripts")
        for path in (ROOT / top).rglob("*")
        if path.suffix in SOURCES and path.stem != "__init__" and "__pycache__" not in path.parts
    }
    on_map = {name for name in jobs if Path(name).suffix in SOURCES}
    assert (set(), set()) == (there - on_map, on_map - there)
    assert set() == {name for name in jobs if not (ROOT / name).exists()}
    assert set() == {name for name, job in jobs.items() if len(job.split()) > MOST_WORDS}
    assert len(jobs) == len(list(mapped()))


def test_the_changelog_knows_the_version():
    """The version that is installed has its entry."""
    assert f"## {livecomposer.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*sorted((ROOT / "config").glob("presets/*.toml")), ROOT / "config/default.toml"])
def test_every_config_loads(path):
    """No preset names a setting that does not exist or is out of its range."""
    assert load(path, environment={}) is not None


def asked_for() -> list[Requirement]:
    """All that make installs or builds with, in the ranges that are published."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, extras = pyproject["project"], pyproject["project"]["optional-dependencies"]
    groups = [pyproject["build-system"]["requires"], project["dependencies"], *pyproject["dependency-groups"].values()]
    groups += [extras[name] for name in Requirement(*extras["all"]).extras]
    return [Requirement(line) for group in groups for line in group]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_what_make_installs_is_locked_in_its_range(python):
    """Of every dependency, constraints.txt has one version for each Python, and one that users may have."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.strip().startswith("#")]
    here = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    held = {pin.name: pin.specifier for pin in pins if pin.marker is None or pin.marker.evaluate(here)}
    for wanted in asked_for():
        assert canonicalize_name(wanted.name) in held, f"{wanted.name} is not locked; type: make lock"
        (version,) = held[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version.version), f"{version} is out of {wanted}; type: make lock"


DEPRECATIONS = pytest.mark.parametrize("category", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])


@DEPRECATIONS
@pytest.mark.parametrize("module", ["transformers.cache_utils", "numpy", "asyncio.events", "livecomposers"])
def test_a_deprecation_in_a_library_is_told_and_fails_nothing(category, module):
    """What others will change one day warns under this run's own filters."""
    with warnings.catch_warnings(record=True) as told:
        warnings.warn_explicit("it will go", category, "x.py", 1, module=module)
    assert [category] == [warning.category for warning in told]


@DEPRECATIONS
@pytest.mark.parametrize("module", ["livecomposer", "livecomposer.midi.wire", "tests.midi.test_wire"])
def test_our_own_deprecations_are_errors(category, module):
    """What our own lines call, or declare, must not be deprecated."""
    with pytest.raises(category, match="it will go"):
        warnings.warn_explicit("it will go", category, "x.py", 1, module=module)


@pytest.mark.parametrize("category", [UserWarning, RuntimeWarning, ResourceWarning])
def test_any_other_warning_is_an_error_wherever_it_arises(category):
    """A library's doubt about what it was given is a fault of ours."""
    with pytest.raises(category, match="odd"):
        warnings.warn_explicit("odd", category, "x.py", 1, module="transformers.cache_utils")


def test_ci_runs_what_the_makefile_has():
    """The script of CI is executable, and make knows what it asks for."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert {"jam", "test"} <= set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))


@pytest.mark.parametrize("name", performances.names())
def test_every_performance_is_music(name):
    """What ships for the simulated performer reads without a note dropped."""
    recording = files.read(performances.path(name))
    assert {} == recording.dropped
    assert name in (ROOT / "livecomposer/performances/README.md").read_text(encoding="utf-8")
