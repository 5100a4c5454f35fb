import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.features.brain.hyperintensities import hyperintensity_rows
from imagenomics.features.brain.pet import EQUATIONS, centiloid_equation, suvr_rows
from imagenomics.images.volume import Volume

SHAPE = (3, 4, 5)
CORTEX, CEREBELLUM = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
CORTEX[0], CEREBELLUM[2] = True, True


def image():
    array = np.full(SHAPE, 5.0)
    array[0], array[2] = 3.0, 2.0
    return Volume(array)


def test_uptake_relative_to_the_reference():
    rows = suvr_rows(image(), {"cortex": CORTEX, "none": CORTEX & False}, CEREBELLUM).set_index(
        ["region", "feature"]
    )
    assert rows.at[("cortex", "suvr"), "value"] == 1.5
    assert rows.at[("brain", "reference_mean"), "value"] == 2
    assert "empty" in rows.at[("none", "suvr"), "reason"]


def test_the_unit_of_the_image_does_not_matter():
    scaled = Volume(image().array * 37.0)
    a, b = (suvr_rows(v, {"x": CORTEX}, CEREBELLUM)["value"].iloc[0] for v in (image(), scaled))
    assert a == b


def test_anchor_points_of_the_scale():
    pib = centiloid_equation("PiB")
    assert pib.centiloid(1.009) == pytest.approx(0, abs=1e-9)  # mean of young controls
    assert pib.centiloid(2.076) == pytest.approx(100, abs=1e-9)  # mean of typical Alzheimer's disease


@pytest.mark.parametrize(
    ("tracer", "slope", "intercept"),
    [("florbetaben", 0.61, 0.39), ("flutemetamol", 0.77, 0.22)],
)
def test_equations_agree_with_the_published_regression_on_pib(tracer, slope, intercept):
    """Papers also print SUVR(tracer) = slope * SUVR(PiB) + intercept; both ways lead to one Centiloid (rounding)."""
    line, pib = centiloid_equation(tracer), centiloid_equation("pib")
    for suvr in (1.0, 1.5, 2.1):
        assert line.centiloid(slope * suvr + intercept) == pytest.approx(pib.centiloid(suvr), abs=2.5)


def test_a_young_brain_lies_near_zero_with_every_equation():
    for (tracer, pipeline), line in EQUATIONS.items():
        zero = -line.intercept / line.slope
        assert 0.9 < zero < 1.06, (tracer, pipeline)
        assert line.source


def test_centiloid_rows():
    line = centiloid_equation("florbetaben")
    rows = suvr_rows(image(), {"ctx": CORTEX}, CEREBELLUM, equation=line, cortex="ctx").set_index("feature")
    assert rows.at["centiloid", "value"] == pytest.approx(153.4 * 1.5 - 154.9)
    assert rows.at["centiloid", "unit"] == "CL"
    with pytest.raises(InputError, match="IGX-FEAT-141"):
        suvr_rows(image(), {"ctx": CORTEX}, CEREBELLUM, equation=line)
    with pytest.raises(InputError, match="IGX-FEAT-140"):
        centiloid_equation("flortaucipir")
    with pytest.raises(InputError, match=r"(?s)IGX-FEAT-140.*did you mean 'florbetapir / avid'"):
        centiloid_equation("florbetapir", pipeline="avit")


def test_references_that_cannot_be():
    with pytest.raises(InputError, match="IGX-FEAT-138"):
        suvr_rows(image(), {"x": CORTEX}, CEREBELLUM & False)
    with pytest.raises(InputError, match="IGX-FEAT-120"):
        suvr_rows(image(), {"x": CORTEX[1:]}, CEREBELLUM)
    for value in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="IGX-FEAT-141"):
            suvr_rows(Volume(np.full(SHAPE, value)), {"x": CORTEX}, CEREBELLUM)


def test_target_voxels_without_a_number():
    array = image().array.copy()
    array[0, 0, 0] = np.nan
    rows = suvr_rows(Volume(array), {"x": CORTEX}, CEREBELLUM).set_index("feature")
    assert "1 of 20 voxels" in rows.at["suvr", "reason"]


def brain():
    """A ventricle at x = 0 and lesions at 1-2, 4-7 and 10 along x; voxels of 2 mm along x."""
    lesions, wet = np.zeros((3, 3, 12), bool), np.zeros((3, 3, 12), bool)
    wet[1, 1, 0] = True
    lesions[1, 1, [1, 2, 4, 5, 6, 7, 10]] = True
    return lesions, wet


def measure(**options):
    lesions, wet = brain()
    rows = hyperintensity_rows(lesions, wet, spacing_mm=(3.0, 3.0, 2.0), **options)
    return rows.set_index("feature")["value"].to_dict()


def test_periventricular_and_deep_by_distance():
    found = measure(near_mm=10)  # centres at 2, 4, 8, 10 mm lie near; 12, 14 and 20 do not
    assert (found["volume_total"], found["volume_periventricular"], found["volume_deep"]) == (126, 72, 54)
    assert (found["lesions"], found["largest_lesion"]) == (3, 72)
    assert found["log1p_volume_total"] == np.log1p(126)


def test_whole_lesions_may_go_to_the_zone_that_they_reach():
    found = measure(near_mm=10, rule="lesion")
    assert (found["volume_periventricular"], found["volume_deep"]) == (108, 18)


def test_small_lesions_can_be_left_out():
    found = measure(min_volume_mm3=20)
    assert (found["volume_total"], found["volume_small"], found["lesions"]) == (108, 18, 2)


def test_no_lesion_is_a_volume_of_zero():
    lesions, wet = brain()
    rows = hyperintensity_rows(lesions & False, wet, spacing_mm=(1, 1, 1))
    assert (rows["value"] == 0).all()
    assert (rows["status"] == "ok").all()


def test_brains_that_cannot_be_split():
    lesions, wet = brain()
    with pytest.raises(InputError, match="IGX-FEAT-138"):
        hyperintensity_rows(lesions, wet & False, spacing_mm=(1, 1, 1))
    with pytest.raises(InputError, match="IGX-FEAT-120"):
        hyperintensity_rows(lesions, wet[1:], spacing_mm=(1, 1, 1))
    for spacing, near, rule in (((1, 0, 1), 10, "voxel"), ((1, 1, 1), 0, "voxel"), ((1, 1, 1), 10, "mixed")):
        with pytest.raises(InputError, match="IGX-FEAT-142"):
            hyperintensity_rows(lesions, wet, spacing_mm=spacing, near_mm=near, rule=rule)
