#!/usr/bin/env python3
"""Make the two pictures of the README anew, from one real session: the panel while it plays, and the take it leaves.

    .venv/bin/python scripts/take_pictures.py [FOLDER]

FOLDER (docs/pictures) gets panel.png and take.png. A recorded performance plays; no device is needed, but chromium and
Playwright (pip install playwright) are. The session has a fixed seed, but the machine's own timing: what is played
differs a little from run to run.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIVECOMPOSER = [sys.executable, "-m", "livecomposer.control.cli"]
SESSION = ["--mode", "accompany", "--split", "60", "--seed", "7", "--output", "none", "--osc", "off"]
SESSION += ["--input", str(ROOT / "livecomposer/performances/gondola-song.mid"), "--panel-address", "127.0.0.1:0"]
QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--mute-audio"]
SIZE = {"width": 1280, "height": 800}
BOTH_PLAY = "panel.music.notes.filter(note => note.role === 1).length > 10"
BOTH_PLAY += " && panel.music.plan.length > 1 && panel.music.foreseen.length > 1"
GOES_ON_MS = 5_000
PATIENCE_MS = 60_000


def main() -> int:
    """Take both."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        takes = Path(scratch) / "takes"
        play(takes, folder / "panel.png")
        [take] = takes.glob("*.mid")
        take = take.rename(take.with_name("take.mid"))  # its name is the picture's title
        run("render", str(take), "-o", f"{scratch}/take.wav", "--picture", str(folder / "take.png"))
    return 0


def play(takes: Path, picture: Path) -> None:
    """Let a session play until both were heard, take a picture of its panel, and end it as Ctrl-C does."""
    command = [*LIVECOMPOSER, "jam", *SESSION, "--record", str(takes)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True) as session:
        try:
            photograph(url_of(session), picture)
            session.send_signal(signal.SIGINT)
            session.communicate(timeout=60)
        finally:
            session.kill()


def url_of(session: subprocess.Popen[str]) -> str:
    """Where the session serves its panel."""
    for line in session.stderr or ():
        if line.startswith("panel: "):
            return line.split()[1]
    raise SystemExit("the session ended before it served a panel")


def photograph(url: str, picture: Path) -> None:
    """Open the panel in a browser of its own and wait for music of both."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url)
        page.wait_for_selector("#lamp[data-state=well]")
        for _ in range(PATIENCE_MS // 50):  # the page's policy forbids it to poll by itself
            if page.evaluate(BOTH_PLAY):
                break
            page.wait_for_timeout(50)
        else:
            raise SystemExit("the companion did not play along; try again")
        page.screenshot(path=picture)
        page.wait_for_timeout(GOES_ON_MS)
        browser.close()


def run(*arguments: str) -> None:
    """Run a command of this checkout."""
    subprocess.run([*LIVECOMPOSER, *arguments], cwd=ROOT, env=environment(), check=True)


def environment() -> dict[str, str]:
    """In which this checkout is the one that is found."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    raise SystemExit(main())
