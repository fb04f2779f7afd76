import asyncio
import wave
from io import BytesIO

import pytest

from livecomposer.control.web.compose_jobs import ComposeJob, ComposeJobs, parts_of
from livecomposer.errors import LivecomposerError, MidiFileError, SettingError
from livecomposer.events import Note, Role
from livecomposer.settings import Settings, changed
from livecomposer.takes.folder import notes_of, save_take
from tests.session.minds import tiny_checkpoint

MELODY = [[0.0, 0.4, 60, 80], [0.5, 0.9, 62, 80], [1.0, 1.4, 64, 80], [3.0, 3.4, 65, 80]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """With a checkpoint that loads at once."""
    tiny = tiny_checkpoint(tmp_path_factory.mktemp("weights") / "tiny")
    return changed(Settings(), {"model": str(tiny)})


def test_a_page_names_parts_of_notes():
    """Role by the part's name."""
    parts = parts_of({"performer": MELODY[:1], "companion": [[1, 2, 70, 127]]})
    assert {"performer": [Note(0.0, 0.4, 60, 80)], "companion": [Note(1, 2, 70, 127, Role.COMPANION)]} == parts


@pytest.mark.parametrize(
    "said",
    [
        None, [], {}, {"a": [[1, 2, 3]]}, {"a": [[2, 1, 60, 80]]}, {"a": [[-1, 1, 60, 80]]}, {"a": [[0, 1, 128, 80]]},
        {"a": [[0, 1, 60, 0]]}, {"a": [[0, 1, 60, True]]}, {"a": [["x", 1, 60, 80]]}, {"a": [[0, 1e9, 60, 80]]},
        {"a": [[float("nan"), 1, 60, 80]]}, {str(i): [] for i in range(17)}, {"a": ["x"]},
    ],
)  # fmt: skip
def test_what_are_no_notes_is_refused(said):
    """In one line."""
    with pytest.raises(SettingError) as caught:
        parts_of(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        {}, {"how": "destroy"}, {"how": "continue", "seconds": 1e6}, {"how": "continue", "at": -1},
        {"how": "accompany", "melody": 3},
    ],
)  # fmt: skip
def test_a_wish_that_is_none_is_refused(said):
    """Before any work is begun."""
    with pytest.raises(SettingError):
        ComposeJob.of(said)


async def test_edited_notes_are_continued_from_where_it_is_asked(tmp_path, settings):
    """What comes after that moment is gone, what was before it stays, and the companion begins there."""
    parts = parts_of({"performer": MELODY})
    wish = ComposeJob(how="continue", at=1.2, seconds=2.0)
    take = await ComposeJobs(tmp_path, niceness=0).compose(parts, wish, settings, stem="a")
    made = notes_of(take)
    assert [60, 62, 64] == [note.pitch for note in made["performer"]]
    assert pytest.approx(1.2, abs=0.01) == made["performer"][-1].end
    assert made["companion"]
    assert min(note.start for note in made["companion"]) >= 1.19
    assert [take] == list(tmp_path.iterdir())


async def test_the_settings_in_force_are_obeyed(tmp_path, settings, monkeypatch):
    """Range and scale in both ways, and not what the environment said when the session began."""
    monkeypatch.setenv("LIVECOMPOSER_SCALE", "F# major")
    now = changed(settings, {"lowest": 40, "highest": 52, "scale": "C major", "alone": 0.5})
    jobs = ComposeJobs(tmp_path, niceness=0)
    for wish in (ComposeJob(how="continue", seconds=3.0), ComposeJob(how="accompany")):
        made = notes_of(await jobs.compose(parts_of({"performer": MELODY}), wish, now, stem="a"))
        assert {note.pitch for note in made["companion"]} <= {40, 41, 43, 45, 47, 48, 50, 52}
        assert made["companion"]


async def test_a_take_is_continued_again_and_again(tmp_path, settings):
    """Each time the companion's notes are those it had and those it adds."""
    shop = ComposeJobs(tmp_path, niceness=0)
    first = await shop.compose(
        parts_of({"performer": MELODY}), ComposeJob(how="continue", seconds=1.0), settings, stem="a"
    )
    before = notes_of(first)
    second = await shop.compose(before, ComposeJob(how="continue", seconds=1.0), settings, stem="a")
    after = notes_of(second)
    assert first != second
    assert [n.pitch for n in before["performer"]] == [n.pitch for n in after["performer"]]
    assert len(after["companion"]) > len(before["companion"])


async def test_a_melody_is_accompanied(tmp_path, settings):
    """The companion's old notes give way to new ones."""
    parts = parts_of({"performer": MELODY, "companion": [[0.0, 0.2, 30, 80]]})
    take = await ComposeJobs(tmp_path, niceness=0).compose(parts, ComposeJob(how="accompany"), settings, stem="a")
    made = notes_of(take)
    assert [60, 62, 64, 65] == [note.pitch for note in made["performer"]]
    assert made["companion"] != [Note(0.0, 0.2, 30, 80)]


async def test_one_at_a_time(tmp_path, settings):
    """A second piece of work is refused, and the first is not disturbed."""
    shop = ComposeJobs(tmp_path, niceness=0)
    parts, wish = parts_of({"performer": MELODY}), ComposeJob(how="continue", seconds=1.0)
    first = asyncio.create_task(shop.compose(parts, wish, settings, stem="a"))
    await asyncio.sleep(0)
    with pytest.raises(MidiFileError, match="another take"):
        await shop.compose(parts, wish, settings, stem="b")
    assert (await first).exists()


async def test_what_goes_wrong_is_told_in_its_own_words(tmp_path, settings):
    """As the command line says it; nothing is left behind, and the next work may begin."""
    shop = ComposeJobs(tmp_path, niceness=0)
    nowhere = changed(settings, {"model": "/no/such/model"})
    with pytest.raises(LivecomposerError, match="/no/such/model"):
        await shop.compose(parts_of({"performer": MELODY}), ComposeJob(how="continue"), nowhere, stem="a")
    with pytest.raises(MidiFileError, match="0 notes"):
        await shop.compose(parts_of({"performer": []}), ComposeJob(how="continue"), settings, stem="a")
    assert [] == list(tmp_path.iterdir())


async def test_a_take_is_rendered_to_sound(tmp_path):
    """A WAV file that is not silent."""
    take = save_take(tmp_path, parts_of({"performer": MELODY}))
    sound = await ComposeJobs(tmp_path, niceness=0).render(take, Settings())
    with wave.open(BytesIO(sound)) as wav:
        assert wav.getnframes() > 3 * wav.getframerate()
        assert any(wav.readframes(44100))


async def test_how_far_it_is_is_told(tmp_path, settings):
    """In percent, rising, and ``None`` once it is over."""
    told = []
    shop = ComposeJobs(tmp_path, niceness=0, progress=told.append)
    await shop.compose(parts_of({"performer": MELODY}), ComposeJob(how="accompany"), settings, stem="a")
    *percents, over = told
    assert over is None
    assert sorted(percents) == percents
    assert 0 == percents[0]
    assert len(set(percents)) > 3


async def test_what_is_cancelled_leaves_nothing_and_the_next_may_begin(tmp_path, settings):
    """Before its process runs, while it does, and where nothing is under way."""
    begun = asyncio.Event()
    shop = ComposeJobs(tmp_path, niceness=0, progress=lambda share: begun.set() if share else None)
    shop.cancel()
    parts, wish = (
        parts_of({"performer": [[i / 2, i / 2 + 0.4, 60, 80] for i in range(600)]}),
        ComposeJob(how="accompany"),
    )
    for wait in (asyncio.sleep(0), begun.wait()):
        work = asyncio.create_task(shop.compose(parts, wish, settings, stem="a"))
        await wait
        shop.cancel()
        with pytest.raises(LivecomposerError, match="cancelled"):
            await work
    assert [] == list(tmp_path.iterdir())
    await shop.compose(parts_of({"performer": MELODY}), ComposeJob(how="continue", seconds=1.0), settings, stem="a")
