"""The panel in a real browser, before a real session without devices: ``livecomposer jam`` in a process of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livecomposer.events import Note
from livecomposer.session.commands.table import COMMANDS, Kind
from livecomposer.takes.folder import notes_of, save_take
from tests.jack import real_time
from tests.session.minds import tiny_checkpoint

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt install chromium)"),
    pytest.mark.timeout(900),
]

QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--mute-audio"]
QUICK = ["--phrase-wait", "0.3", "--phrase-wait-max", "0.8", "--extension-duration", "4", "--output", "none"]
ALONE = ["--panel-address", "127.0.0.1:0", "--osc", "off"]
SIZES = {"phone": (390, 844), "laptop": (1366, 768), "stage": (1920, 1080)}
PATIENCE = 60.0
PROBE = """{
    const Node = window.AudioWorkletNode;
    window.AudioWorkletNode = class extends Node {
        constructor(context, ...more) {
            super(context, ...more);
            const ear = new AnalyserNode(context, { fftSize: 256 });
            this.connect(ear);
            window.loudness = () => {
                const frames = new Float32Array(256);
                ear.getFloatTimeDomainData(frames);
                return Math.max(...frames.map(Math.abs));
            };
        }
    };
}"""
"""Tells what leaves the page for the loudspeaker, 0 to 1."""
TUNE = [Note(i * 0.5, i * 0.5 + 0.4, pitch, 80) for i, pitch in enumerate((60, 64, 67, 72))]


class Jam:
    """A session with a page and nothing else; its takes are in ``folder``."""

    def __init__(self, folder):
        self.folder = folder / "takes"
        self.folder.mkdir()
        self.tune = save_take(self.folder, {"performer": TUNE}, stem="tune").name
        model, other = tiny_checkpoint(folder / "tiny"), tiny_checkpoint(folder / "other")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "livecomposer.control.cli",
                "jam",
                *QUICK,
                *ALONE,
                "--model",
                model,
                "--small-model",
                other,
                "--record",
                self.folder,
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self.url = ""
        while "ready:" not in (line := self.process.stderr.readline()):
            assert line, "jam ended before it was ready"
            if line.startswith("panel: "):
                self.url = line.split()[1]

    def journal(self):
        """Every line so far."""
        [path] = self.folder.glob("*.jsonl")
        lines = path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def commands(self):
        """Every command so far: name, value, source."""
        return [(row["name"], row["value"], row["source"]) for row in self.journal() if row.get("what") == "command"]

    def close(self):
        """End it as Ctrl-C does; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


@pytest.fixture(scope="module")
def jam(tmp_path_factory):
    """One session for all tests, which must not mind each other."""
    jam = Jam(tmp_path_factory.mktemp("jam"))
    yield jam
    jam.close()


@pytest.fixture(scope="module")
def chromium():
    """One browser, with a fresh profile."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(jam, chromium):
    """An open page that is connected; at the end it must have complained of nothing."""
    yield from opened(chromium, jam.url, "laptop")


def opened(chromium, url, size):
    """A page of that size, connected."""
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=size == "phone")
    context.add_init_script(PROBE)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(url)
    page.wait_for_selector("#lamp[data-state=well]")
    yield page
    context.close()
    assert [] == complaints


def wait_for(page, true, *, patience=PATIENCE):
    """Let the page go on until a line of its own language is true; its policy forbids to poll in the page itself."""
    give_up = time.monotonic() + patience
    while not page.evaluate(true):
        assert time.monotonic() < give_up, true
        page.wait_for_timeout(20)


def eventually(true):
    """Look again and again until it is so, or the patience is over; whether it is."""
    give_up = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < give_up:
        time.sleep(0.05)
    return true()


def press(page, pitch, *, seconds=0.12):
    """Strike a key of the on-screen piano with the mouse."""
    box = page.locator(f".key[data-pitch='{pitch}']").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.9)
    page.mouse.down()
    page.wait_for_timeout(1000 * seconds)
    page.mouse.up()


def test_a_phrase_played_on_the_page_is_answered_and_heard(page):
    """Within a page that was just opened: the notes are drawn, a plan comes, then its notes, and their sound."""
    for pitch in (60, 64, 67):
        press(page, pitch)
    wait_for(page, "panel.music.notes.filter(note => note.role === 0 && [60, 64, 67].includes(note.pitch)).length >= 3")
    wait_for(page, "panel.music.plan.length > 0")
    wait_for(page, "panel.music.notes.some(note => note.role === 1)")
    wait_for(page, "panel.sound.on && panel.sound.peak > 0.003 && panel.music.sounding(0).length === 0")


def test_the_computers_keys_play_too(page, jam):
    """Letters are notes, space is the pedal; what is held when the page goes is let go."""
    page.keyboard.down("z")
    page.keyboard.down("2")
    page.keyboard.down(" ")
    wait_for(page, "[48, 61].every(pitch => panel.music.sounding(0).includes(pitch))")
    wait_for(page, "panel.music.pedals.length > 0 && panel.music.pedals.at(-1).end === null")
    page.goto("about:blank")
    page.goto(jam.url)
    wait_for(page, "panel.music.notes.length > 0 && panel.music.sounding(0).length === 0")
    wait_for(page, "panel.music.pedals.at(-1).end !== null")


def test_panic_from_the_page_silences(page, jam):
    """What leaves the page falls silent and stays so, though blocks were on their way; how soon is printed."""
    page.keyboard.down("z")
    page.keyboard.down("q")
    wait_for(page, "panel.sound.on && panel.sound.peak > 0.003 && loudness() > 0.003")
    took = page.evaluate(
        """() => new Promise((done) => {
            const began = performance.now();
            document.getElementById("panic").click();
            const look = () => (loudness() < 0.001 ? done(performance.now() - began) : setTimeout(look, 1));
            look();
        })"""
    )
    print(f"\npanic to silence in the page: {took:.0f} ms")
    again = page.evaluate(
        """() => new Promise((done) => {
            const until = panel.sound.blocks + 15;
            let most = 0;
            const look = () => {
                most = Math.max(most, loudness());
                if (panel.sound.blocks < until) setTimeout(look, 1);
                else done(most);
            };
            look();
        })"""
    )
    assert again < 0.001
    page.keyboard.up("z")
    page.keyboard.up("q")
    assert eventually(lambda: ("panic", None, "panel") in jam.commands())


@real_time
def test_a_page_hushes_without_waiting_for_the_session(page):
    """What it has waiting is left out at once; where the session plays on, its sound comes back."""
    page.keyboard.down("z")
    wait_for(page, "panel.sound.peak > 0.003 && loudness() > 0.003")
    page.evaluate("panel.sound.longestHush = 1500; panel.sound.hush()")
    wait_for(page, "loudness() < 0.001 && panel.sound.peak === 0")  # which is so only while it is hushed
    wait_for(page, "loudness() > 0.003")
    page.keyboard.up("z")


def test_two_browsers_stay_consistent(page, jam, chromium):
    """What one turns, the other shows."""
    other = opened(chromium, jam.url, "phone")
    second = next(other)
    dial = page.locator(".dial[data-name=creative_risk]")
    dial.focus()
    page.keyboard.press("ArrowUp")
    value = dial.get_attribute("aria-valuenow")
    assert "1" != value
    second.wait_for_selector(f".dial[data-name=creative_risk][aria-valuenow='{value}']")
    next(other, None)


def test_what_was_edited_is_what_is_continued(page, jam):
    """A take is opened, moved up a tone, shortened, and continued: the new take has those notes and the companion's."""
    page.click("#show-takes")
    page.click(f"text={jam.tune.removesuffix('.mid')}")
    page.wait_for_selector("#toolbar:visible")
    page.locator("#part").select_option("performer")
    sheet = page.locator("#sheet")
    sheet.focus()
    page.keyboard.press("Control+a")
    for key in ("ArrowUp", "ArrowUp", "Delete", "Control+z"):
        page.keyboard.press(key)
    page.fill("#seconds", "2")
    page.click("#continue")
    wait_for(page, "!document.getElementById('continue').disabled", patience=5 * PATIENCE)
    assert page.text_content("#doing").startswith("made")
    made = jam.folder / f"{page.text_content('#title')}.mid"
    parts = notes_of(made)
    assert [62, 66, 69, 74] == [note.pitch for note in parts["performer"]]
    assert min(note.start for note in parts["companion"]) >= TUNE[-1].end - 0.02
    assert [60, 64, 67, 72] == [note.pitch for note in notes_of(jam.folder / jam.tune)["performer"]]


def choose(page, name, words):
    """Choose by words that are on the page; what the setting is then."""
    select = page.locator(f"select[data-name={name}]")
    wait_for(page, f"[...document.querySelectorAll('select[data-name={name}] option')].length > 1")
    select.select_option(label=words)
    return select.input_value()


def said(jam, text):
    """Whether the journal has a line that the performer was told, with ``text`` in it."""
    return eventually(lambda: any(text in row.get("line", "") for row in jam.journal() if row.get("what") == "adapts"))


def test_another_soundfont_sounds_at_once(page, jam):
    """While a key is down: it is silenced, the next one sounds with the other bank; one that is none is refused."""
    page.keyboard.down("z")
    wait_for(page, "panel.sound.on && panel.sound.peak > 0.003")
    value = choose(page, "soundfont", "livecomposer-piano")
    assert value.endswith("livecomposer-piano.sf2")
    assert said(jam, "SoundFont livecomposer-piano.sf2")
    page.keyboard.up("z")
    wait_for(page, "panel.sound.peak < 0.0005")
    page.keyboard.down("x")
    wait_for(page, "panel.sound.peak > 0.003")
    page.keyboard.up("x")
    assert ("soundfont", value, "panel") in jam.commands()
    page.evaluate("panel.link.do('soundfont', '/etc/hostname')")
    wait_for(page, "document.getElementById('refused').textContent.includes('not a SoundFont')")
    assert value == page.locator("select[data-name=soundfont]").input_value()


def test_another_model_takes_over_and_one_that_does_not_load_leaves_the_old(page, jam):
    """The companion answers before, meanwhile and after; the page shows what plays."""
    before = page.locator("select[data-name=model]").input_value()
    value = choose(page, "model", "other")
    assert said(jam, "the companion plays with other")
    (jam.folder / "broken").mkdir(exist_ok=True)
    (jam.folder / "broken" / "config.json").write_text("{}")
    page.evaluate(f"panel.link.do('model', {json.dumps(str(jam.folder / 'broken'))})")
    assert said(jam, "all stays as it was")
    wait_for(page, f"document.querySelector('select[data-name=model]').value === {json.dumps(value)}")
    answers = page.evaluate("panel.music.notes.filter(note => note.role === 1).length")
    for pitch in (60, 64, 67):
        press(page, pitch)
    wait_for(page, f"panel.music.notes.filter(note => note.role === 1).length > {answers}")
    assert ("model", value, "panel") in jam.commands()
    choose(page, "model", Path(before).name)
    assert said(jam, f"the companion plays with {Path(before).name}")


def test_a_port_that_is_not_there_leaves_what_is(page, jam):
    """It is told in one line; the page shows what is."""
    for name in ("input", "output"):
        before = page.locator(f"select[data-name={name}]").input_value()
        page.evaluate(f"panel.link.do('{name}', 'no such port')")
        assert said(jam, f"{name}: no MIDI {name} named like 'no such port'")
        wait_for(page, f"document.querySelector('select[data-name={name}]').value === {json.dumps(before)}")
    page.evaluate("panel.link.do('output', '/tmp/take.wav')")
    wait_for(page, "document.getElementById('refused').textContent.includes('from the start alone')")


def test_escape_panics_and_closes_the_dialog(page, jam):
    """Both at once."""
    page.click("#show-takes")
    page.wait_for_selector("#takes[open]")
    before = jam.commands().count(("panic", None, "panel"))
    page.keyboard.press("Escape")
    assert eventually(lambda: jam.commands().count(("panic", None, "panel")) > before)
    wait_for(page, "!document.getElementById('takes').open")


def test_long_work_shows_how_far_it_is_and_can_be_cancelled(page, jam):
    """A long take is accompanied; the percentage rises; cancel says so and frees the buttons."""
    long = [Note(i * 0.5, i * 0.5 + 0.4, 60 + i % 12, 80) for i in range(800)]
    name = save_take(jam.folder, {"performer": long}, stem="long").name
    page.click("#show-takes")
    page.click(f"text={name.removesuffix('.mid')}")
    page.wait_for_selector("#toolbar:visible")
    page.click("#accompany")
    wait_for(page, "document.getElementById('share').value > 0", patience=3 * PATIENCE)
    page.click("#cancel")
    wait_for(page, "!document.getElementById('accompany').disabled")
    assert "cancelled" in page.text_content("#doing")
    assert page.locator("#cancel").is_hidden()


def middle(command):
    """A value that is no default."""
    middle = (command.low + command.high) / 2
    return str(round(middle) if command.whole else middle)


def ask(page, command, texts):
    """Ask for a command by its control on the page."""
    control = page.locator(f"[data-name={command.name}]").first
    match command.kind:
        case Kind.ACTION | Kind.SWITCH:
            control.click()
        case Kind.CHOICE if control.evaluate("it => it.tagName") == "SELECT":
            control.select_option(command.choices[-1])
        case Kind.CHOICE:
            control.locator("[aria-checked=false]").last.click()
        case Kind.NUMBER if "dial" in (control.get_attribute("class") or ""):
            control.focus()
            page.keyboard.press("ArrowDown")
        case _:
            control.fill(texts.get(command.name, middle(command) if command.kind is Kind.NUMBER else ""))
            control.dispatch_event("change")


def test_every_command_has_a_control_that_the_journal_shows(page, jam):
    """Every command of the table, asked for by its control, is a line that says the panel asked."""
    press(page, 60)
    wait_for(page, "panel.music.notes.some(note => note.role === 1 && note.end !== null)")  # else nothing can go round
    page.locator("summary").first.click()
    chart = jam.folder / "chart.txt"
    chart.write_text("tempo 96, 4/4\nC | F | G7 | C |\n")
    texts = {"lowest": "30", "highest": "90", "scale": "C major", "chords": str(chart)}
    texts |= {"zones": "0-35 control", "velocity_curve": "soft"}
    everyday = [command for command in COMMANDS.values() if not command.found]
    for command in sorted(everyday, key=lambda command: command.name not in {"keep", "loop"}):
        ask(page, command, texts)
    for command in COMMANDS.values():
        if command.found:  # what there is differs from machine to machine; what they do is asked below
            page.locator(f"select[data-name={command.name}]").dispatch_event("change")
    asked = lambda: {name for name, _, source in jam.commands() if source == "panel"}  # noqa: E731
    eventually(lambda: set(COMMANDS) <= asked())
    assert set() == set(COMMANDS) - asked()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits(jam, chromium, size, tmp_path):
    """On a phone, a laptop and a stage: nothing hangs over the side, panic and piano are in view; pictures are kept."""
    pages = opened(chromium, jam.url, size)
    page = next(pages)
    page.wait_for_timeout(500)
    pictures = Path(os.environ.get("LIVECOMPOSER_SCREENSHOTS", tmp_path))
    page.screenshot(path=pictures / f"panel-{size}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    width, height = SIZES[size]
    for name in ("#panic", "#piano", "#roll"):
        box = page.locator(name).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height + 1
        assert box["x"] + box["width"] <= width + 1
    wait_for(page, "document.querySelectorAll('select[data-name=soundfont] option').length > 1")
    page.locator("#choices").scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"choices-{size}.png")
    box = page.locator("#choices").bounding_box()
    assert box["x"] + box["width"] <= width + 1
    next(pages, None)


def test_a_lost_session_shows_and_ends_well(jam, chromium):
    """The page says that it is lost and tries again; the session had ended in silence."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(jam.url)
    page.wait_for_selector("#lamp[data-state=well]")
    assert 0 == jam.close()
    page.wait_for_selector("#lamp[data-state=trouble]")
    assert "the page is muted, the instrument is not" in page.text_content("#lamp-text")
    page.click("#panic")
    assert "the page is muted, the instrument is not" in page.text_content("#refused")
    context.close()
    assert "silence" == jam.journal()[-1]["what"]
