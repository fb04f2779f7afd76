"""The compiled part: found where it was built, and named."""

import subprocess
import sys

from livecomposer.engine import library


def test_it_is_there_and_says_what_it_uses():
    """Installed with a compiler, the compiled part loads and names the instructions it chose."""
    assert library.available()
    assert library.instructions() in ("avx512", "avx2", "plain")


def test_where_it_is_not_that_is_said_and_no_error(monkeypatch, tmp_path):
    """Without it nothing is available, and nothing is raised."""
    monkeypatch.setattr(library, "_LIBRARY", tmp_path / "_native.so")
    library.native_library.cache_clear()
    try:
        assert not library.available()
        assert library.instructions() == ""
    finally:
        library.native_library.cache_clear()


def test_looking_for_it_loads_no_torch():
    """The doctor may ask without a second's worth of imports."""
    code = "import sys; from livecomposer.engine import library; library.available(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
