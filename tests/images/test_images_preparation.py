import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from digital_head import bias, head, volume

from imagenomics.errors import InputError
from imagenomics.images.load import load_case
from imagenomics.images.preparation.apply import prepare
from imagenomics.images.preparation.context import Context
from imagenomics.images.preparation.settings import CropStep, N4Step, ResampleStep, voxel_factor
from imagenomics.images.settings import ImageSettings

SPACING = (3.0, 1.0, 1.5)
TURNED = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def block(**fields):
    return ImageSettings.read(
        {"name": "t1", "path": "{patient}.nii", "mask": "{patient}_m.nii", **fields}, where="t"
    )


def centre_mm(item, region):
    return item.grid.to_mm(np.argwhere(region)).mean(axis=0)


def test_n4_removes_a_planted_field():
    array, brain, lesion = head(texture=2.0)
    field = bias()
    noisy = array * field + np.random.default_rng(1).standard_normal(array.shape)
    steps = (N4Step(kind="n4"),)
    found, regions = prepare(volume(noisy), {"lesion": lesion}, steps)
    removed = (noisy / found.array)[brain]
    left = removed / field[brain]
    before = field[brain].std() / field[brain].mean()
    assert before > 0.1
    assert left.std() / left.mean() < 0.3 * before
    assert abs(np.log(removed).mean()) < 0.05  # intensities keep their scale
    assert regions["lesion"] is lesion
    assert found.history[-1].startswith("N4 over")
    again, _ = prepare(volume(noisy), {}, steps)
    assert np.array_equal(found.array, again.array)


def test_n4_within_a_region_and_within_nothing():
    array, brain, _ = head()
    where = {"brain": brain}
    found, _ = prepare(volume(array * bias()), where, (N4Step(kind="n4", within="brain", iterations=(5,)),))
    assert f"N4 over {int(brain.sum())} voxels (brain)" in found.history[-1]
    for bad in (np.zeros(array.shape), np.full(array.shape, 7.0), -array):
        for within in ("foreground", "positive"):
            with pytest.raises(InputError, match="IGX-IMG-232"):
                prepare(volume(bad), {}, (N4Step(kind="n4", within=within),))


def test_resampling_keeps_volumes_and_places():
    array, _, lesion = head()
    start = volume(array, spacing_mm=SPACING, direction=TURNED, origin_mm=(5.0, -20.0, 7.0))
    step = ResampleStep(kind="resample", spacing_mm=(1.0, "keep", 2.0))
    found, regions = prepare(start, {"lesion": lesion}, (step,))
    assert found.spacing_mm == (1.0, 1.0, 2.0)
    was = lesion.sum() * start.voxel_volume_mm3
    assert abs(regions["lesion"].sum() * found.voxel_volume_mm3 / was - 1) < 0.03
    assert np.linalg.norm(centre_mm(found, regions["lesion"]) - centre_mm(start, lesion)) < 0.2
    assert abs(found.array[regions["lesion"]].mean() - array[lesion].mean()) < 5
    assert "resampled from 3 x 1 x 1.5 to 1 x 1 x 2 mm" in found.history[-1]
    assert voxel_factor((step,), SPACING) == pytest.approx(2.25)


def test_resampling_agrees_with_itk():
    array, _, lesion = head()
    start = volume(array, spacing_mm=SPACING, direction=TURNED, origin_mm=(5.0, -20.0, 7.0))
    found, _ = prepare(start, {"l": lesion}, (ResampleStep(kind="resample", spacing_mm=(2.0, 2.0, 2.0)),))
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING[::-1])
    image.SetOrigin(start.origin_mm)
    image.SetDirection(TURNED)
    size = found.array.shape[::-1]
    origin, direction = found.origin_mm, found.direction
    oracle = sitk.Resample(image, size, sitk.Transform(), sitk.sitkLinear, origin, (2.0,) * 3, direction)
    inner = (slice(2, -2),) * 3
    assert np.allclose(sitk.GetArrayFromImage(oracle)[inner], found.array[inner], atol=1e-6)


def test_what_resampling_refuses():
    array, _, lesion = head()
    fine = (ResampleStep(kind="resample", spacing_mm=(0.1, 0.1, 0.1)),)
    with pytest.raises(InputError, match="IGX-IMG-233"):
        prepare(volume(array), {"l": lesion}, fine, context=Context(max_voxels=1_000_000))
    dot = np.zeros(array.shape, dtype=bool)
    dot[3, 3, 3] = True
    with pytest.raises(InputError, match="IGX-IMG-237"):
        prepare(volume(array), {"l": dot}, (ResampleStep(kind="resample", spacing_mm=(9, 9, 9)),))
    unknown = volume(array, spacing_known=False)
    with pytest.raises(InputError, match="IGX-IMG-231"):
        prepare(unknown, {"l": lesion}, (ResampleStep(kind="resample", spacing_mm=(2, 2, 2)),))


@hypothesis_settings(max_examples=25, deadline=None)
@given(margin=st.integers(0, 60), turned=st.booleans())
def test_cropping_moves_no_voxel(margin, turned):
    array, _, lesion = head()
    start = volume(array, spacing_mm=SPACING, direction=TURNED if turned else (1, 0, 0, 0, 1, 0, 0, 0, 1))
    found, regions = prepare(start, {"lesion": lesion}, (CropStep(kind="crop", margin_voxels=margin),))
    assert regions["lesion"].sum() == lesion.sum()
    assert np.array_equal(found.array[regions["lesion"]], array[lesion])
    assert np.allclose(centre_mm(found, regions["lesion"]), centre_mm(start, lesion))
    sizes = np.ptp(np.argwhere(lesion), axis=0) + 1
    assert all(n <= s + 2 * margin for n, s in zip(found.array.shape, sizes, strict=True))


def test_the_margin_in_mm_is_rounded_up_and_stays_inside():
    array, _, lesion = head()
    start = volume(array, spacing_mm=SPACING)
    found, _ = prepare(start, {"lesion": lesion}, (CropStep(kind="crop", margin_mm=4),))
    sizes = np.ptp(np.argwhere(lesion), axis=0) + 1
    assert found.array.shape == tuple(int(s) + 2 * m for s, m in zip(sizes, (2, 4, 3), strict=True))


def test_what_cropping_says_of_other_regions():
    array, brain, lesion = head()
    step = CropStep(kind="crop", region="lesion", margin_voxels=1)
    found, _ = prepare(volume(array), {"lesion": lesion, "brain": brain}, (step,))
    assert "of brain lies outside" in found.history[-1]
    with pytest.raises(InputError, match="IGX-IMG-234"):
        prepare(volume(array), {"lesion": lesion & False, "brain": brain}, (step,))
    far = brain & (np.arange(len(brain)) < 8)[:, None, None]
    with pytest.raises(InputError, match="IGX-IMG-237"):
        prepare(volume(array), {"lesion": lesion, "far": far}, (step,))


def test_steps_are_done_in_their_order_before_normalising(tmp_path):
    array, _, lesion = head()
    for name, data in (("i", array.astype("float32")), ("m", lesion.astype("uint8"))):
        sitk.WriteImage(sitk.GetImageFromArray(data), str(tmp_path / f"{name}.nii.gz"))
    steps = [{"kind": "crop", "margin_mm": 3}, {"kind": "resample", "spacing_mm": [2, 2, 2]}]
    settings = block(modality="MR", prepare=steps)
    found, regions = load_case(tmp_path / "i.nii.gz", tmp_path / "m.nii.gz", settings)
    assert [line.split()[0] for line in found.history] == ["read", "mask;", "cropped", "resampled", "z-score"]
    assert abs(found.array.mean()) < 1e-12
    assert regions["lesion"].shape == found.array.shape
    turned = block(modality="MR", prepare=steps[::-1])
    other, _ = load_case(tmp_path / "i.nii.gz", tmp_path / "m.nii.gz", turned)
    assert other.array.shape != found.array.shape


def test_no_step_leaves_the_digest_as_it_was():
    # Digests that were made before there were steps: results of earlier runs stay valid.
    assert block(modality="MR").digest_of_values() == block(modality="MR", prepare=[]).digest_of_values()
    assert ImageSettings(name="x", path="{patient}").digest_of_values() == PLAIN
    assert block(modality="MR", spacing="unknown", regions={"rim": 1}).digest_of_values() == RIM


PLAIN = "ad13d38fd57f"
RIM = "dc421b35f1e5"


def test_every_number_of_a_step_is_in_the_digest():
    register = {"kind": "register", "to": "atlas/mni.nii.gz"}
    variants = [
        [],
        [{"kind": "n4"}],
        [{"kind": "n4", "shrink": 2}],
        [{"kind": "crop", "margin_mm": 3}],
        [{"kind": "crop", "margin_mm": 4}],
        [{"kind": "n4"}, {"kind": "crop", "margin_mm": 3}],
        [{"kind": "crop", "margin_mm": 3}, {"kind": "n4"}],
        [register],
        [{**register, "start": "header"}],
        [{**register, "to": "other.nii.gz"}],
    ]
    digests = [block(modality="MR", prepare=steps).digest_of_values() for steps in variants]
    assert len(set(digests)) == len(variants)
    elsewhere = block(modality="MR", prepare=[{**register, "to": "moved/mni.nii.gz"}])
    assert elsewhere.digest_of_values() == digests[7]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prepare": [{"kind": "denoise"}]}, "denoise"),
        ({"prepare": [{"kind": "n4", "shrik": 2}]}, "did you mean 'shrink'?"),
        ({"prepare": [{"kind": "crop", "margn_mm": 2}]}, "did you mean 'margin_mm'?"),
        ({"prepare": [{"kind": "n4"}], "modality": "CT"}, "CT has none"),
        ({"prepare": [{"kind": "n4", "within": "brian"}]}, "'brian' is not one of"),
        (
            {"prepare": [{"kind": "crop", "margin_mm": 3}], "spacing": "unknown"},
            "needs the voxel spacing in mm",
        ),
        ({"prepare": [{"kind": "resample", "spacing_mm": [1, 1, 1]}], "spacing": "unknown"}, "in mm"),
        ({"prepare": [{"kind": "register", "to": "a.nii"}], "spacing": "unknown"}, "in mm"),
        ({"prepare": [{"kind": "resample", "spacing_mm": [1, 0, 1]}]}, "spacing_mm"),
        ({"prepare": [{"kind": "crop"}]}, "either 'margin_mm' or 'margin_voxels'"),
        ({"prepare": [{"kind": "crop", "margin_mm": 3}], "mask": None}, "needs a mask"),
        ({"prepare": [{"kind": "register", "to": "{site}.nii"}]}, "only placeholder"),
        ({"prepare": [{"kind": "register", "to": "a", "mask_on": "other"}], "mask": None}, "needs a mask"),
        (
            {
                "prepare": [
                    {"kind": "crop", "margin_mm": 3},
                    {"kind": "register", "to": "a", "mask_on": "other"},
                ]
            },
            "before the mask is there",
        ),
    ],
)
def test_settings_that_are_refused(fields, words):
    with pytest.raises(InputError, match="IGX-SET-001") as caught:
        block(**fields)
    assert words in str(caught.value)


def test_voxels_need_no_mm():
    settings = block(
        spacing="unknown", modality="MR", prepare=[{"kind": "n4"}, {"kind": "crop", "margin_voxels": 2}]
    )
    assert [step.kind for step in settings.prepare] == ["n4", "crop"]
