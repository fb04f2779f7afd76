import json
import re
from pathlib import Path

from livecomposer.control.web import pages as module
from livecomposer.control.web.pages import SECURITY, pages, refused

STATIC = Path(module.__file__).parent / "static"


def test_every_file_of_the_page_is_served():
    """The page itself at the root, all else by its name."""
    names = {"/" if file.name == "index.html" else f"/{file.name}" for file in STATIC.iterdir()}
    assert names == set(pages())


async def test_a_file_has_its_kind():
    """Browsers run no module of another one."""
    kinds = {path: (await page(None)).content_type for path, page in pages().items()}
    assert "text/html" == kinds["/"]
    assert {"text/javascript"} == {kind for path, kind in kinds.items() if path.endswith(".js")}


def test_the_page_works_offline():
    """No file names another server; every module and sheet that is named is there."""
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"(https?:)?//[a-z]+\.[a-z]", text), file.name
        named = re.findall(r'(?:from|src=|href=|addModule\() ?"(?:\./)?([\w.-]+)"', text)
        assert set() == {name for name in named if not (STATIC / name).is_file()}, file.name


def test_scripts_are_small_modules():
    """None is longer than 300 lines, and none does without a word on what it is for."""
    for script in STATIC.glob("*.js"):
        lines = script.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("// "), script.name
        assert len(lines) <= 300, script.name


def test_a_refusal_is_one_line_of_json():
    """With the headers that all pages have."""
    response = refused("two\nlines", status=418)
    assert {"error": "two lines"} == json.loads(response.text)
    assert 418 == response.status
    assert set(SECURITY) <= set(response.headers)
