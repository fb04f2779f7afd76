"""Progress on anything over a second: a bar where a person looks, lines where a program asks for them.

Any other program gets nothing.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

__all__ = ["LINES", "SAYS", "bar"]

LINES = "LIVECOMPOSER_PROGRESS"
"""Variable of the environment; ``lines`` asks for a line on standard error at each new percent."""
SAYS = "progress "
"""How such a line begins; the percentage follows."""


@contextmanager
def bar(what: str, total: float, *, unit: str) -> Iterator[Callable[..., None]]:
    """A function of what is done (and, if it was not known before, the total) that moves a bar on standard error."""
    if os.environ.get(LINES) == "lines":
        yield _liner(total)
        return
    if not sys.stderr.isatty() or find_spec("tqdm") is None:  # which comes with the extras alone
        yield lambda *_: None
        return
    from tqdm import tqdm

    with tqdm(
        desc=what, total=total or None, unit=unit, bar_format="{desc} {percentage:3.0f}% {bar} {n:.0f} {unit}"
    ) as shown:

        def move(done: float, of: float = total) -> None:
            shown.total = of
            shown.n = min(done, of)
            shown.refresh()

        yield move


def _liner(total: float) -> Callable[..., None]:
    said = -1

    def move(done: float, of: float = total) -> None:
        nonlocal said
        percent = int(100 * min(done / of, 1.0)) if of else 0
        if percent != said:
            said = percent
            print(f"{SAYS}{percent}", file=sys.stderr, flush=True)

    return move
