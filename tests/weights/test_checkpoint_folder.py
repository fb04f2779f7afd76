"""Which weights are played."""

import json

import pytest

from livecomposer.errors import CheckpointError
from livecomposer.tokens import barnote, remi
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.weights.checkpoint_folder import model_folder, vocabulary_checked


def test_the_default_is_the_checkpoint_that_ships():
    """It is there in every installation."""
    assert (model_folder() / "model.safetensors").is_file()


def test_a_folder_without_a_checkpoint_is_refused(tmp_path):
    """One line names it and what was wanted."""
    with pytest.raises(CheckpointError, match=r"no checkpoint there; wanted a folder with config\.json"):
        model_folder(str(tmp_path))


def test_weights_of_another_vocabulary_are_refused(tmp_path):
    """Both fingerprints are told."""
    with pytest.raises(CheckpointError, match=f"vocabulary abc, wanted {VOCABULARY.fingerprint}"):
        vocabulary_checked(tmp_path, {"vocabulary": "abc"})


@pytest.mark.parametrize(("vocabulary", "name"), [(barnote, "153 ids"), (remi, "REMI")])
def test_weights_for_research_alone_are_refused_with_the_reason(tmp_path, vocabulary, name):
    """What tells whole notes in bars cannot be told a note that is just beginning."""
    (tmp_path / "config.json").write_text(json.dumps({"vocabulary": vocabulary.FINGERPRINT}))
    with pytest.raises(CheckpointError, match=f"{name}.* live music has no bars") as caught:
        model_folder(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_weights_of_this_vocabulary_pass(tmp_path):
    """Nothing is raised."""
    vocabulary_checked(tmp_path, {"vocabulary": VOCABULARY.fingerprint})
