import pytest

from imagenomics.errors import InputError
from imagenomics.study.load import apply_override

TREE = {"name": "x", "images": [{"name": "t1", "path": "a"}, {"name": "flair", "path": "b"}], "patients": {}}


@pytest.mark.parametrize(
    ("change", "reach"),
    [
        ("images.flair.path=c/{patient}.nii", lambda t: t["images"][1]["path"] == "c/{patient}.nii"),
        ("seed=7", lambda t: t["seed"] == 7),
        ("patients.rule='exact'", lambda t: t["patients"]["rule"] == "exact"),
        ("features.families=['glcm']", lambda t: t["features"]["families"] == ["glcm"]),
        ("name=a = b", lambda t: t["name"] == "a = b"),
    ],
)
def test_override_reaches_its_key_and_leaves_the_rest(change, reach):
    changed = apply_override(TREE, change)
    assert reach(changed)
    assert TREE["images"][1]["path"] == "b"


@pytest.mark.parametrize("change", ["images.t2.path=c", "seed", "=3", "images.path=2", "name.x=1"])
def test_override_that_leads_nowhere_is_refused(change):
    with pytest.raises(InputError, match="IGX-STUDY-003"):
        apply_override(TREE, change)
