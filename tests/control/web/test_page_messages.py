import json

import pytest

from livecomposer.control.config_text import presets
from livecomposer.control.web.page_messages import SOURCE, PageMessages, tables
from livecomposer.errors import SettingError
from livecomposer.session.commands.table import COMMANDS
from livecomposer.settings import meaning_of
from tests.control.web.people import backstage_of


def talk_of(api, reply=lambda **_: None):
    """One page's talk."""
    return PageMessages(api, reply)


def say(talk, **said):
    """What the page sends."""
    talk.hear(json.dumps(said))


def test_a_control_is_a_command_of_the_desk():
    """The journal knows that the panel asked."""
    api = backstage_of()
    talk = talk_of(api)
    say(talk, do="creative_risk", value=1.5)
    say(talk, do="mute")
    say(talk, do="undo")
    assert [("creative_risk", 1.5, SOURCE), ("mute", True, SOURCE), ("undo", None, SOURCE)] == api.session.noted


def test_a_preset_is_a_handful_of_commands():
    """Each is done and noted."""
    api = backstage_of()
    say(talk_of(api), preset="adventurous")
    assert {"creative_risk", "threshold", "max_rest"} == {name for name, _, _ in api.session.noted}
    assert 1.25 == api.dispatcher.value("creative_risk")


@pytest.mark.parametrize(
    "text",
    [
        "", "no JSON", "[]", "7", "null", "{}", '{"do": 3}',
        '{"do": "no such thing"}', '{"preset": "../../etc/passwd"}',
        '{"do": "creative_risk", "value": 99}', '{"do": "creative_risk", "value": NaN}', '{"do": "mode", "value": []}',
        '{"do": "model", "value": "x"}', '{"learn": "no such thing"}', '{"learn": "mute"}', '{"ping": "x"}',
        "[" * 3000, '{"do": "mute", "value": {"a": 1}}',
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_one_line(text):
    """Nothing changes."""
    api = backstage_of()
    before = api.dispatcher.values()
    with pytest.raises(SettingError) as caught:
        talk_of(api).hear(text)
    assert len(str(caught.value).splitlines()) == 1
    assert before == api.dispatcher.values()


def test_a_ping_is_answered_with_the_time():
    """A page tells its clock by that."""
    replies = []
    say(talk_of(backstage_of(), lambda **said: replies.append(said)), ping=3.5)
    assert [{"pong": 3.5, "now": 100.0}] == replies


def test_what_is_to_be_learned_is_told_to_who_learns():
    """By the name of the command."""
    api = backstage_of()
    learned = []
    api.learners.append(learned.append)
    say(talk_of(api), learn="mute")
    assert ["mute"] == learned


def test_a_note_takes_the_seat_of_a_recorded_performance():
    """A pedal or a released key does not."""
    heard = []
    api = backstage_of(heard=heard)
    seats = []
    object.__setattr__(api, "take_seat", lambda: seats.append(len(heard)))
    talk = talk_of(api)
    talk.play(bytes([0xB0, 64, 127]))
    talk.play(bytes([0x90, 60, 0]))
    talk.play(bytes([0x90, 60, 90]))
    assert [2] == seats
    assert 3 == len(heard)


def test_a_page_is_given_every_command_and_what_it_is_set_to():
    """With range, unit, meaning and default: nothing is written twice."""
    api = backstage_of()
    told = json.loads(json.dumps(tables(api)))
    assert list(COMMANDS) == [row["name"] for row in told["commands"]]
    assert all(row["meaning"] for row in told["commands"])
    assert api.dispatcher.values() == told["values"]
    assert list(presets()) == told["presets"]
    assert {"input", "output", "model", "soundfont"} == {row["name"] for row in told["commands"] if row["found"]}
    assert {"trigger"} == {row["name"] for row in told["start"]} & set(COMMANDS)  # the setting, and the action
    assert {"name": "threads", "value": "1", "meaning": meaning_of("threads"), "how": "--threads"} in told["start"]
