import pytest

from imagenomics.errors import InputError
from imagenomics.images.settings import ImageSettings


def read(**fields):
    return ImageSettings.read({"name": "t1", "path": "{patient}.nii.gz", **fields}, where="[[images]]")


def test_defaults_are_written_into_the_settings():
    settings = read(mask="{patient}_m.nii.gz")
    assert settings.regions == {"lesion": "any"}
    assert settings.normalise.method == "none"
    assert settings.geometry == "same"
    assert settings.spacing == "file"
    assert read(modality="MR").normalise.method == "z-score"
    assert read(modality="CT").normalise.method == "none"
    assert '"method":"z-score"' in read(modality="MR").canonical()


def test_a_declared_method_wins_over_the_modality():
    assert read(modality="MR", normalise="none").normalise.method == "none"
    assert read(modality="MR", normalise={"method": "z-score", "floor": 3}).normalise.floor == 3.0


def test_regions_take_a_label_or_several():
    settings = read(mask="m_{patient}.nii", regions={"core": 1, "edema": [2, 3], "all": "any"})
    assert settings.regions == {"core": (1,), "edema": (2, 3), "all": "any"}


def test_the_digest_of_values_ignores_names_and_files():
    one = read(modality="MR", mask="m/{patient}.nii")
    other = read(modality="MR", mask="n/{patient}.nii", name="t2", path="x/{patient}.nii")
    assert one.digest_of_values() == other.digest_of_values()
    assert one.digest_of_values() != read(modality="MR", spacing="unknown").digest_of_values()
    assert one.digest_of_values() != read(modality="CT").digest_of_values()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "t1.post"}, "name"),
        ({"path": "same.nii.gz"}, "{patient}"),
        ({"path": "{patient}_{visit}.nii"}, "'{visit}' is not known"),
        ({"path": "{patient.x}.nii"}, "only placeholder"),
        ({"path": "{patient"}, "open brace"),
        ({"path": None}, "give one of 'path'"),
        ({"table": {"path": "f.csv", "image": "t1"}}, "give one of 'path'"),
        ({"spacing": [1, 0, 1]}, "positive"),
        ({"spacing": "guess"}, "spacing"),
        ({"regions": {"a": 0}}, "background"),
        ({"regions": {"a": []}}, "at least one label"),
        ({"regions": {"a.b": 1}}, "regions"),
        ({"regions": {}}, "regions"),
        ({"modality": "mr"}, "modality"),
        ({"normalise": "zscore"}, "normalise"),
        ({"normalise": "ratio-background"}, "needs a mask"),
        ({"normalise": "ratio-region", "mask": "{patient}.nii"}, "'region' is needed"),
        (
            {"normalise": {"method": "ratio-region", "region": "x"}, "mask": "{patient}.nii"},
            "not one of 'regions'",
        ),
        ({"maks": "x"}, "did you mean 'mask'"),
        ({"max_voxels": 0}, "max_voxels"),
    ],
)
def test_mistakes_are_refused_with_their_place(fields, told):
    with pytest.raises(InputError, match="IGX-SET-001") as caught:
        read(**fields)
    assert told in str(caught.value)
