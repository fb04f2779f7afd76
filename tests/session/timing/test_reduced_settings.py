"""What the performer asks for, less what must be given up."""

import pytest

from livecomposer.errors import SettingError
from livecomposer.session.timing.reduced_settings import ReducedSettings
from livecomposer.settings import Settings, changed

BEGAN = changed(Settings(), {"plan_ahead": 2.0, "input_duration": 30.0})


def reduced():
    """One, and what it applied."""
    applied = []
    return ReducedSettings(BEGAN, applied.append), applied


def test_what_the_ladder_gives_up_leaves_the_rest_to_the_performer():
    """A change of the performer's survives it, and it survives the performer's."""
    one, applied = reduced()
    one.ask(changed(BEGAN, {"creative_risk": 2.0}))
    one.adapt(changed(BEGAN, {"plan_ahead": 0.5}))
    assert (2.0, 0.5) == (applied[-1].creative_risk, applied[-1].plan_ahead)
    one.ask(changed(BEGAN, {"creative_risk": 3.0, "plan_ahead": 4.0}))
    assert (3.0, 0.5) == (applied[-1].creative_risk, applied[-1].plan_ahead)


def test_what_is_given_back_is_what_the_performer_asked_for_last():
    """Not what it was at the beginning."""
    one, applied = reduced()
    one.adapt(changed(BEGAN, {"input_duration": 15.0}))
    one.ask(changed(BEGAN, {"input_duration": 40.0}))
    one.adapt(BEGAN)
    assert 40.0 == applied[-1].input_duration


def test_a_performer_who_asks_for_less_has_less():
    """The ladder is no lower bound."""
    one, applied = reduced()
    one.adapt(changed(BEGAN, {"input_duration": 15.0}))
    one.ask(changed(BEGAN, {"input_duration": 5.0}))
    assert 5.0 == applied[-1].input_duration


def test_what_is_refused_is_forgotten():
    """The next change is made to what was in force before."""

    def apply(settings):
        if settings.scale:
            raise SettingError("no such scale")
        applied.append(settings)

    applied = []
    one = ReducedSettings(BEGAN, apply)
    with pytest.raises(SettingError):
        one.ask(changed(BEGAN, {"scale": "H"}))
    one.adapt(changed(BEGAN, {"plan_ahead": 0.5}))
    assert ("", 0.5) == (applied[-1].scale, applied[-1].plan_ahead)
