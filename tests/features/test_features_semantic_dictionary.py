import pytest

from imagenomics.cohort.spelling import same_word
from imagenomics.errors import InputError
from imagenomics.features.semantic.dictionary import STATES, Dictionary, Item, levels
from imagenomics.features.semantic.known import DICTIONARIES, dictionary


@pytest.mark.parametrize("name", DICTIONARIES)
def test_the_dictionaries_that_come_along(name):
    found = dictionary(name)
    assert found.name == name
    assert found.source
    for item in found.items:
        assert found.find(item.code) is found.find(item.label) is item
        assert item.region or item.kind == "continuous"
        answers = item.answers()
        for level in item.levels:
            assert all(answers[text] == level.label for text in level.written())
        assert set(answers.values()) <= {level.label for level in item.levels} | set(STATES)
    names = [
        same_word(text)
        for item in found.items
        for text in dict.fromkeys((item.code, item.label, *item.spellings))
    ]
    owners = {}
    for item in found.items:
        for text in {same_word(t) for t in (item.code, item.label, *item.spellings)}:
            assert owners.setdefault(text, item.code) == item.code
    assert names


def test_vasari_has_its_thirty_features():
    found = dictionary("vasari")
    assert [item.code[:3] for item in found.items] == [f"f{k:02d}" for k in range(1, 31)]
    shares = [found.find(f"F{k}") for k in (5, 6, 7, 14)]
    for item in shares:
        assert item.kind == "ordinal"
        assert [level.code for level in item.levels] == [*"2345678"]
        assert item.answers()["9"] == "indeterminate"
        assert item.answers()["1"] == "not applicable"
    assert found.find("F4 Enhancement Quality").levels[2].label == "marked or avid"
    assert found.find("F23 CET Crosses midline").kind == "binary"


def test_a_dictionary_of_ones_own_from_plain_data():
    data = {
        "name": "mine",
        "title": "Mine",
        "source": "me",
        "items": [
            {
                "code": "shape",
                "label": "Shape",
                "kind": "nominal",
                "levels": [{"code": "r", "label": "round"}],
            },
            {"code": "size", "label": "Size", "kind": "continuous", "unit": "mm"},
        ],
    }
    found = Dictionary.read(data, where="mine.toml")
    assert found.items[0].kind == "categorical"
    with pytest.raises(InputError, match=r"IGX-SET-001(.|\n)*did you mean 'label'"):
        Dictionary.read(
            {**data, "items": [{"code": "a", "labell": "A", "kind": "continuous"}]}, where="mine.toml"
        )


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "ordinal"},
        {"kind": "continuous", "levels": levels("a", "b")},
        {"kind": "binary", "levels": levels("a", "b", "c")},
        {"kind": "binary", "levels": levels("a", "b"), "many": True},
        {"kind": "ordinal", "levels": levels(("1", "a", "x"), ("2", "b", "X"))},
        {"kind": "ordinal", "levels": levels("a", "b"), "apart": levels("broken")},
        {"kind": "ordinal", "levels": levels("a", "b"), "asked_if": "other"},
        {"kind": "ordinal", "levels": [{"code": "a", "label": "a|b"}, {"code": "c", "label": "c"}]},
    ],
)
def test_items_that_contradict_themselves(item):
    with pytest.raises(InputError, match="IGX-SET-001"):
        Item.read({"code": "x", "label": "X", **item}, where="test")


def test_dictionaries_that_contradict_themselves():
    one = {"code": "a", "label": "A", "kind": "continuous"}
    with pytest.raises(InputError, match="one code"):
        Dictionary.read({"name": "d", "title": "", "source": "", "items": [one, one]}, where="test")
    asked = {"code": "b", "label": "B", "kind": "continuous", "asked_if": "a", "asked_levels": ["yes"]}
    with pytest.raises(InputError, match="unknown"):
        Dictionary.read({"name": "d", "title": "", "source": "", "items": [one, asked]}, where="test")


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"IGX-FEAT-040(.|\n)*did you mean 'vasari'"):
        dictionary("vasary")
    with pytest.raises(InputError, match=r"IGX-FEAT-041(.|\n)*did you mean 'Nodule Shape'"):
        dictionary("lung-ct").item("Nodul Shape", where="test")
