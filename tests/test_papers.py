"""The papers lead where they say, and name what is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from livecomposer.control.cli import build_parser
from livecomposer.settings import Settings, range_of
from scripts.generate_docs import BEGIN
from tests.test_layers import ALLOWED, MODULES

ROOT = Path(__file__).parents[1]
OURS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PAPERS = [*OURS, *sorted(path for top in ("livecomposer", "soundfonts") for path in (ROOT / top).rglob("*.md"))]
COMMANDS = set(next(action.choices for action in build_parser()._actions if action.choices))
FOR_PLAYERS_LINES, PICTURE_BYTES = 200, 200_000


def prose(path):
    """A paper without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(path):
    """What the headings of a paper can be reached by, as GitHub makes it."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", prose(path), flags=re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        again = sum(1 for one in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", one))
        found.append(f"{slug}-{again}" if again else slug)
    return set(found)


def links(path):
    """Where a paper points to, without the web."""
    found = re.findall(r"\[[^]]*\]\(([^)\s]+)\)", prose(path))
    return [link for link in found if not re.match(r"\w+:", link)]


def lost(path):
    """The links of a paper that lead nowhere."""
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@cache
def defined(path):
    """Names at the top of a module, and of what its classes define as ``Class.name``."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names |= _names(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for inner in node.body for name in _names(inner)}
    return names


def _names(node):
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(name)):
            return {name}
    return set()


def named(path):
    """What a paper says is in a module: the code behind a link to it, as in ``[x.py](x.py) `Name` `Class.method```."""
    for module, names in re.findall(r"\]\(([^)\s]+\.py)\)((?:\s+`[^`]+`)+)", prose(path)):
        yield from ((module, name) for name in re.findall(r"`([^`]+)`", names) if re.fullmatch(r"[\w.]+", name))


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    """To a file, a folder, or a heading that is there."""
    assert [] == list(lost(path))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_what_is_said_to_be_in_a_module_is_there(path):
    """Classes, functions and tables that a paper names behind a link to their module."""
    assert [] == [(m, n) for m, n in named(path) if n not in defined((path.parent / m).resolve())]


def test_a_lost_link_and_a_lost_name_are_seen(tmp_path):
    """A file, a heading and a name that are not there; code is no link."""
    (tmp_path / "there.py").write_text("class A:\n    def b(self): ...\n", encoding="utf-8")
    paper = tmp_path / "paper.md"
    said = "# One `thing`\n[a](gone.md) [b](#one-thing) [c](#two) [d](there.py) `A.b` `A.c`\n```\n[e](x.md)\n```\n"
    paper.write_text(said, encoding="utf-8")
    assert ["gone.md", "#two"] == list(lost(paper))
    assert ["A.c"] == [name for module, name in named(paper) if name not in defined(tmp_path / module)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_papers_name_only_commands_that_exist(path):
    """Whoever types what a paper says gets no usage error."""
    text = path.read_text(encoding="utf-8")
    assert set() == set(re.findall(r"^(?:`+)?livecomposer ([a-z]+)", text, flags=re.MULTILINE)) - COMMANDS


def test_the_list_of_commands_has_every_command():
    """In docs/commands.md, before what is generated."""
    by_hand = (ROOT / "docs/commands.md").read_text(encoding="utf-8").split(BEGIN)[0]
    assert COMMANDS == set(re.findall(r"^livecomposer (\w+)", by_hand, flags=re.MULTILINE))


def test_the_readme_is_for_those_who_play():
    """It is short; everything else is in docs/, and each page there is reached from it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FOR_PLAYERS_LINES
    assert set() == {f"docs/{path.name}" for path in OURS if path.parent != ROOT} - set(links(ROOT / "README.md"))


def test_the_seven_controls_are_as_the_readme_says():
    """Their defaults and ranges are those of the settings."""
    row = r"^\| `--([a-z-]+)` \|[^|]*\| `?([^ |`]+)[^|]*\|([^|]*)\|$"
    rows = re.findall(row, prose(ROOT / "README.md"), flags=re.MULTILINE)
    assert 7 == len(rows)
    for option, default, span in rows:
        name = option.replace("-", "_")
        assert type(getattr(Settings(), name))(default) == getattr(Settings(), name)
        numbers = tuple(float(number) for number in re.findall(r"[\d.]+", span))
        assert (range_of(name) or ()) == numbers


def test_the_law_of_imports_is_as_the_architecture_says():
    """Room by room, what tests/test_layers.py holds every module to."""
    law = prose(ROOT / "docs/architecture.md").partition("## The law of imports")[2]
    told = {}
    for rooms, allowed in re.findall(r"^\| (`[^|]*) \| ?([^|]*?) ?\|", law, flags=re.MULTILINE):
        names = set(re.findall(r"`([\w.]+)`", allowed))
        names |= told["session"] if "the same as" in allowed else set()
        told |= dict.fromkeys(re.findall(r"`(\w+)`", rooms), names)
    assert ALLOWED == told


def test_the_threads_are_those_that_the_architecture_lists():
    """Each that we begin has its row, by the name that it goes by in a debugger."""
    table = prose(ROOT / "docs/architecture.md").partition("| thread of the session |")[2].partition("\n\n")[0]
    sources = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    begun = set(re.findall(r'Thread\(.*name="([^"]+)"', sources))
    assert begun == set(re.findall(r"^\| `([^`]+)` \|", table, flags=re.MULTILINE))


@pytest.mark.parametrize("path", sorted((ROOT / "docs/pictures").glob("*")), ids=lambda path: path.name)
def test_pictures_are_small(path):
    """A clone does not wait for them."""
    assert path.stat().st_size < PICTURE_BYTES
