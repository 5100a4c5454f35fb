"""The page of methods: blocks that are taken, calls that are there, papers that are known."""

from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from imagenomics.catalogue.papers.load import load_papers
from imagenomics.runs.plan import Plan
from imagenomics.study.methods import load_methods, methods_page

METHODS = load_methods()
BLOCKS = [(m.name, name, keys) for m in METHODS for block in m.blocks for name, keys in block.items()]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "methods.md"


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for inner in get_args(annotation) for model in _models(inner)]


def _takes(model: type[BaseModel], keys: dict[str, Any]) -> bool:
    """Tell whether a block has these keys with these values; of what stands inside, the kind alone is needed."""
    return set(keys) <= set(model.model_fields) and all(
        _fits(model, key, value) for key, value in keys.items()
    )


def _fits(model: type[BaseModel], key: str, value: Any) -> bool:
    annotation = model.model_fields[key].annotation
    inside = _models(annotation)
    if isinstance(value, dict) and value and inside:
        return any(_takes(inner, value) for inner in inside)
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("method", "name", "keys"), BLOCKS, ids=[f"{m[:20]}-{n}" for m, n, _ in BLOCKS])
def test_every_block_takes_what_the_page_says(method, name, keys):
    assert name in Plan.model_fields
    assert any(_takes(model, keys) for model in _models(Plan.model_fields[name].annotation))


def test_a_key_or_value_that_is_not_there_would_be_seen():
    def taken(name, keys):
        return any(_takes(model, keys) for model in _models(Plan.model_fields[name].annotation))

    assert not taken("associate", {"tables": "fischer"})
    assert not taken("associate", {"table": "fisher"})
    assert not taken("phenotypes", {"measure": {"kind": "dcs"}})


@pytest.mark.parametrize("name", sorted({call for m in METHODS for call in m.python}))
def test_every_call_is_there(name):
    module, _, function = name.rpartition(".")
    assert callable(getattr(import_module(module), function))


def test_every_paper_is_known_and_every_family_of_tests_has_a_method():
    known = set(load_papers())
    assert {paper for m in METHODS for paper in m.papers} <= known
    families = {name for _, name, _ in BLOCKS}
    tests = {
        *("associate", "differential", "survival", "interaction", "roc", "paired", "heritability"),
        *("clusters", "variant_sets", "voxels", "enrich", "modules", "brain_maps", "train"),
    }
    assert tests <= families


def test_the_page_is_up_to_date():
    page = methods_page()
    assert PAGE.read_text() == page, "make it again: python -m imagenomics.study.methods"
    assert all(f"## {m.name}" in page for m in METHODS)
