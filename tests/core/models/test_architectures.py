"""One record an architecture: what it is made of, and what those get who know its name only."""

import re

import pytest

from ecgcore.errors import ModelError
from ecgcore.models.architectures import (
    ARCHITECTURES,
    DEFAULT,
    arch_place,
    arch_title,
    architecture,
    in_place_of,
    main_archs,
    published_twin,
)
from tests.support.paths import PROJECT

NETWORK = re.compile(r"^from ecgcore\.(models\.networks\.[\w.]+) import", re.MULTILINE)


def made_of(module: str) -> set[str]:
    """A network's file and all files of other networks that it needs, below ``ecgcore/``."""
    path = f"{module.replace('.', '/')}.py"
    needed = NETWORK.findall((PROJECT / "ecgcore" / path).read_text())
    return {path}.union(*(made_of(one) for one in needed))


def test_the_study_is_about_the_first_two():
    assert list(ARCHITECTURES)[:4] == ["cnn_bilstm", "bimamba2", "cnn_lstm", "bimamba2_large"]
    assert all(one.tasks for one in list(ARCHITECTURES.values())[5:]), "later ones have a task"
    assert main_archs() == ("cnn_bilstm", "bimamba2")
    assert DEFAULT.name == "cnn_bilstm"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_record_names_every_file_that_decides_what_it_computes(name):
    one = ARCHITECTURES[name]
    assert one.name == name
    module = one.network.partition(":")[0].removeprefix("ecgcore.")
    assert set(one.sources) == made_of(module)
    assert len(set(one.sources)) == len(one.sources)


def test_titles_and_places():
    assert arch_title("cnn_lstm") == "CNN-LSTM (study)"
    assert arch_title("resnet") == "resnet"
    places = [arch_place(name) for name in ("cnn_bilstm", "bimamba2_large", "resnet")]
    assert places == [0, 3, len(ARCHITECTURES)]


def test_published_networks_stand_beside_ours():
    assert published_twin("cnn_bilstm") == "cnn_lstm"
    assert published_twin("bimamba2") == "bimamba2_large"
    assert published_twin("cnn_lstm") == "cnn_lstm"
    assert published_twin("resnet") == "resnet"
    assert in_place_of("bimamba2_large") == "bimamba2"
    assert in_place_of("xresnet1d101") is None


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ModelError, match=r"'vgg'; choose cnn_bilstm, bimamba2, cnn_lstm"):
        architecture("vgg")
