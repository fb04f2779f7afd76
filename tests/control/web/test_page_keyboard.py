import pytest

from livecomposer.control.web.page_keyboard import PageKeyboard
from livecomposer.errors import SettingError


def test_what_is_played_is_heard_on_channel_1():
    """Whatever channel the browser's keyboard is set to."""
    heard = []
    keys = PageKeyboard(heard.append)
    keys.play(bytes([0x93, 60, 80]))
    keys.play(bytes([0xB3, 64, 127]))
    assert [bytes([0x90, 60, 80]), bytes([0xB0, 64, 127])] == heard


def test_what_a_lost_page_held_is_let_go():
    """Keys that are still down, and the pedal; once."""
    heard = []
    keys = PageKeyboard(heard.append)
    for data in ([0x90, 60, 80], [0x90, 64, 80], [0x80, 60, 0], [0x90, 67, 80], [0x90, 67, 0], [0xB0, 64, 127]):
        keys.play(bytes(data))
    heard.clear()
    keys.release()
    keys.release()
    assert [bytes([0x80, 64, 64]), bytes([0xB0, 64, 0])] == heard


@pytest.mark.parametrize(
    "data", [b"", b"\x90", b"\x90\x3c", b"\x90\x3c\x80", b"\x3c\x3c\x3c", b"\xf0\x01\xf7", b"\xff", b"\x90\x3c\x50" * 2]
)
def test_what_is_no_channel_message_is_refused(data):
    """Sysex, real-time, two at once and half a message; nothing is heard."""
    heard = []
    with pytest.raises(SettingError, match="channel message"):
        PageKeyboard(heard.append).play(data)
    assert [] == heard
