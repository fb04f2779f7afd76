from io import BytesIO

import pytest

from livecomposer.events import Note
from livecomposer.takes.folder import save_take
from tests.control.web.test_panel import House, said, until
from tests.midi.odd_files import CASES


@pytest.fixture
def folder(tmp_path):
    """With one take in it, called a_1.mid."""
    save_take(tmp_path, {"performer": [Note(0, 0.5, 60, 80)], "companion": [Note(0.5, 1, 64, 70)]}, stem="a")
    return tmp_path


async def get(house, path):
    """Status and JSON."""
    async with house.browser.get(house.url + path) as answer:
        return answer.status, await answer.json()


async def post(house, path, **body):
    """Status and JSON."""
    async with house.browser.post(house.url + path, json=body) as answer:
        return answer.status, await answer.json()


async def test_takes_are_listed_and_read(folder):
    """Notes by part, as start, end, pitch and velocity."""
    async with House(folder) as house:
        _, listed = await get(house, "takes")
        assert ["a_1.mid"] == [take["name"] for take in listed["takes"]]
        status, read = await get(house, "takes/a_1.mid")
        assert 200 == status
        assert {"performer": 60, "companion": 64} == {name: rows[0][2] for name, rows in read["parts"].items()}


async def test_what_is_odd_about_a_take_is_said_with_its_notes(folder):
    """A file of other software, put into the folder; of our own nothing is said."""
    (folder / "odd.mid").write_bytes((CASES / "16-tempo-zero.mid").read_bytes())
    async with House(folder) as house:
        assert [] == (await get(house, "takes/a_1.mid"))[1]["remarks"]
        _, read = await get(house, "takes/odd.mid")
        assert ["odd.mid: read 24 notes; ignored: 1 tempo of 0"] == read["remarks"]


async def test_a_take_is_downloaded(folder):
    """The very file, under its name."""
    async with House(folder) as house, house.browser.get(house.url + "takes/a_1.mid/midi") as answer:
        assert (folder / "a_1.mid").read_bytes() == await answer.read()
        assert 'filename="a_1.mid"' in answer.headers["Content-Disposition"]


async def test_a_take_that_was_deleted_meanwhile_is_told_in_one_line(folder):
    """What was read of it can still be kept as a new take."""
    async with House(folder) as house:
        _, read = await get(house, "takes/a_1.mid")
        (folder / "a_1.mid").unlink()
        for path in ("takes/a_1.mid", "takes/a_1.mid/midi", "takes/a_1.mid/wav"):
            status, answer = await get(house, path)
            assert (404, 1) == (status, len(answer["error"].splitlines()))
        assert (200, {"take": "a_1.mid"}) == await post(house, "takes", parts=read["parts"], stem="a")


@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "a_1.mid%00", "%2e%2e%2fa_1.mid", "a" * 400 + ".mid"]
)
async def test_no_name_leads_out_of_the_folder(folder, name):
    """Whatever is in it."""
    (folder / "takes").mkdir()
    async with House(folder / "takes") as house:
        for ending in ("", "/midi", "/wav"):
            async with house.browser.get(house.url + "takes/" + name + ending) as answer:
                assert 404 == answer.status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("takes", {}),
        ("takes", {"parts": {"performer": [[0, 1, 60]]}}),
        ("takes", {"parts": {"performer": []}}),
        ("takes/compose", {"parts": {"performer": [[0, 1, 60, 80]]}, "how": "destroy"}),
        ("takes/play", {"parts": {"performer": [[0, 1, 60, 80]]}, "at": -3}),
        ("takes/play", {"parts": "x"}),
    ],
)
async def test_what_cannot_be_done_is_refused_in_one_line(folder, path, body):
    """And no take comes of it."""
    async with House(folder) as house:
        status, answer = await post(house, path, **body)
        assert (400, 1) == (status, len(answer["error"].splitlines()))
        assert ["a_1.mid"] == [file.name for file in folder.iterdir()]


async def test_a_form_of_another_page_is_no_request(folder):
    """Only JSON is read, and only so much of it."""
    async with House(folder) as house:
        kinds = "application/x-www-form-urlencoded", "application/json", "application/json; charset=none-such"
        for body, kind in zip((b"parts=1", b"{", b"{}"), kinds, strict=True):
            async with house.browser.post(house.url + "takes", data=body, headers={"Content-Type": kind}) as answer:
                assert 400 == answer.status
        big = BytesIO(b'{"parts": "' + b"x" * 5 * 2**20 + b'"}')
        async with house.browser.post(
            house.url + "takes", data=big, headers={"Content-Type": "application/json"}
        ) as answer:
            assert 413 == answer.status


async def test_edited_notes_are_kept_as_a_new_take(folder):
    """Its name is made fit for a file; pages are told that there is one more."""
    async with House(folder) as house:
        ws = await house.page()
        _, answer = await post(house, "takes", parts={"performer": [[0, 1, 72, 80]]}, stem="../x/y")
        assert "xy_1.mid" == answer["take"]
        assert "xy_1.mid" == (await said(ws, "take"))["take"]
        _, read = await get(house, "takes/xy_1.mid")
        assert 72 == read["parts"]["performer"][0][2]


async def test_a_take_is_played_through_the_output_and_stopped(folder):
    """Pages see that it plays; panic stops it too."""
    async with House(folder) as house:
        ws = await house.page()
        sent = house.api.session.sink.sent
        await post(house, "takes/play", name="a", parts={"performer": [[0, 60, 60, 80]]})
        assert ["a", 0.0] == (await said(ws, "playing"))["playing"]
        await until(lambda: bytes([0x92, 60, 80]) in sent)
        await post(house, "takes/stop")
        assert bytes([0x82, 60, 64]) in sent
        await post(house, "takes/play", name="a", parts={"performer": [[0, 60, 62, 80]]})
        await until(lambda: bytes([0x92, 62, 80]) in sent)
        await ws.send_json({"do": "panic"})
        await until(lambda: bytes([0x82, 62, 64]) in sent)


async def test_without_a_folder_there_are_no_takes():
    """What keeps nothing has nothing to show."""
    async with House() as house:
        assert 404 == (await get(house, "takes"))[0]
        assert not (await house.page()).hello["record"]
