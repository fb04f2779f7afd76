"""Progress on anything over a second: a bar where a person looks, nothing where a program reads."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

__all__ = ["bar"]


@contextmanager
def bar(what: str, total: float, *, unit: str) -> Iterator[Callable[..., None]]:
    """A function of what is done (and, if it was not known before, the total) that moves a bar on standard error."""
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
