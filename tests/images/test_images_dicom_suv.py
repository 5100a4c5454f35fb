"""SUV from headers whose truth was computed by hand, and the reasons to refuse."""

import math

import numpy as np
import pytest
from pydicom.dataset import Dataset

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.dicom.body import Body, distribution
from imagenomics.images.dicom.pet import read_suv
from imagenomics.images.dicom.suv import suv_scale
from imagenomics.images.dicom.write import write_series
from imagenomics.images.volume import Volume

HALF_LIFE = 6586.2  # F-18, s
DOSE = 370e6


def pet(*, tracer=None, **values):
    """Return a header: 80 kg, 1.8 m, 370 MBq at 09:00, scan at 10:00."""
    dataset, drug = Dataset(), Dataset()
    drug.RadiopharmaceuticalStartTime = "090000"
    drug.RadionuclideTotalDose = str(DOSE)
    drug.RadionuclideHalfLife = str(HALF_LIFE)
    for keyword, value in (tracer or {}).items():
        put(drug, keyword, value)
    dataset.Modality, dataset.Units, dataset.DecayCorrection = "PT", "BQML", "START"
    dataset.CorrectedImage = ["DECY", "ATTN", "SCAT"]
    dataset.SeriesDate = dataset.AcquisitionDate = "20200301"
    dataset.SeriesTime, dataset.AcquisitionTime = "100000", "100000"
    dataset.PatientWeight, dataset.PatientSize, dataset.PatientSex = "80", "1.8", "M"
    dataset.RadiopharmaceuticalInformationSequence = [drug]
    for keyword, value in values.items():
        put(dataset, keyword, value)
    return dataset


def put(dataset, keyword, value):
    if value is None:
        delattr(dataset, keyword)
    else:
        setattr(dataset, keyword, value)


def left(seconds, dose=DOSE, half_life=HALF_LIFE):
    return dose * 2 ** (-seconds / half_life)


def test_by_weight_after_an_hour():
    # 370 MBq decay for 3600 s to 370e6 * exp(-0.378872) = 253.314 MBq; 80000 g / 253.314e6 Bq
    scale = suv_scale(pet())
    assert scale.factor == pytest.approx(80_000 / left(3600), rel=1e-12)
    assert scale.factor == pytest.approx(3.15814e-4, rel=1e-5)
    assert scale.unit == "g/ml"


def test_a_volume_in_suv():
    volume = Volume(np.full((1, 2, 2), 5000.0))
    scaled = suv_scale(pet()).apply(volume)
    assert scaled.array[0, 0, 0] == pytest.approx(5000 * 80_000 / left(3600))
    assert "SUV by weight (g/ml)" in scaled.history[-1]
    assert "start of the series" in scaled.history[-1]


def test_a_series_in_suv(tmp_path):
    array = np.random.default_rng(0).integers(0, 30_000, (3, 4, 5))
    write_series(
        Volume(array, (3.0, 2.0, 2.0)), tmp_path, modality="PT", attributes=dict(attributes_of(pet()))
    )
    volume = read_suv(tmp_path)
    assert np.allclose(volume.array, array * 80_000 / left(3600), rtol=1e-12)
    assert volume.spacing_mm == pytest.approx((3.0, 2.0, 2.0))
    assert not {"370", "80", "090000"} & set(" ".join(volume.history).split())


def attributes_of(dataset):
    for element in dataset:
        if element.keyword != "Modality":
            yield element.keyword, element.value


@pytest.mark.parametrize(
    ("kind", "sex", "amount"),
    [
        ("weight", "M", 80_000),
        # BMI 24.691; 9270 * 80 / (6680 + 216 * 24.691) and (8780 + 244 * 24.691)
        ("lean-janmahasatian", "M", 1000 * 9270 * 80 / (6680 + 216 * 80 / 3.24)),
        ("lean-janmahasatian", "F", 1000 * 9270 * 80 / (8780 + 244 * 80 / 3.24)),
        # 1.10 * 80 - 128 * (80 / 180)^2 = 62.716; 1.07 * 80 - 148 * (80 / 180)^2 = 56.365
        ("lean-james", "M", 62_716.05),
        ("lean-james", "F", 56_365.43),
        # 0.007184 * 80^0.425 * 180^0.725 = 1.9964 m2
        ("surface", "M", 19_964.3),
    ],
)
def test_what_the_dose_is_spread_over(kind, sex, amount):
    scale = suv_scale(pet(PatientSex=sex), kind=kind)
    assert scale.factor == pytest.approx(amount / left(3600), rel=2e-5)
    assert scale.unit == ("cm2/ml" if kind == "surface" else "g/ml")


def test_published_body_figures():
    # A man of 70 kg and 170 cm: 1.81 m2 (Du Bois), 55.3 kg lean (James).
    body = Body(70.0, 1.70, "M")
    assert distribution(body, "surface")[0] / 1e4 == pytest.approx(1.81, abs=0.005)
    assert distribution(body, "lean-james")[0] / 1e3 == pytest.approx(55.3, abs=0.1)
    assert distribution(body, "lean-janmahasatian")[0] / 1e3 == pytest.approx(54.5, abs=0.1)


def test_decay_correction_to_the_injection():
    assert suv_scale(pet(DecayCorrection="ADMIN")).factor == pytest.approx(80_000 / DOSE, rel=1e-12)


def test_no_decay_correction_means_the_mean_activity_of_the_frame():
    dataset = pet(DecayCorrection="NONE", CorrectedImage=["ATTN"], ActualFrameDuration=600_000)
    seconds = np.linspace(3600, 4200, 200_001)
    mean = float(np.trapezoid(left(seconds), seconds) / 600)
    assert suv_scale(dataset).factor == pytest.approx(80_000 / mean, rel=1e-9)
    later = pet(
        DecayCorrection="NONE", CorrectedImage=["ATTN"], ActualFrameDuration=600_000, AcquisitionTime="101000"
    )
    with pytest.raises(InputError, match="IGX-IMG-133"):
        suv_scale([dataset, later])


def test_over_midnight():
    times = {"SeriesTime": "002000", "AcquisitionTime": "002000"}
    scale = suv_scale(pet(tracer={"RadiopharmaceuticalStartTime": "233000"}, **times))
    assert scale.factor == pytest.approx(80_000 / left(50 * 60))
    assert "injected before midnight" in scale.steps
    drug = {"RadiopharmaceuticalStartDateTime": "20200229233000.00"}
    assert suv_scale(pet(tracer=drug, **times)).factor == pytest.approx(80_000 / left(50 * 60))


def test_a_date_and_time_with_an_offset():
    drug = {"RadiopharmaceuticalStartDateTime": "20200301080000+0000"}
    assert suv_scale(pet(tracer=drug, TimezoneOffsetFromUTC="+0100")).factor == pytest.approx(
        80_000 / left(3600)
    )
    assert suv_scale(pet(tracer=drug)).factor == pytest.approx(80_000 / left(7200))


def test_the_start_of_the_scan_is_the_earliest_acquisition_when_the_series_was_made_later():
    beds = [pet(SeriesTime="153000", AcquisitionTime=t) for t in ("101000", "100500", "101500")]
    scale = suv_scale(beds)
    assert scale.factor == pytest.approx(80_000 / left(65 * 60))
    assert "earliest acquisition" in scale.steps[0]
    beds[0].private_block(0x0009, "GEMS_PETD_01", create=True).add_new(0x0D, "DT", "20200301100200.00")
    assert suv_scale(beds).factor == pytest.approx(80_000 / left(62 * 60))


def philips(**factors):
    dataset = pet(Units="CNTS")
    block = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
    for name, value in factors.items():
        block.add_new({"suv": 0x00, "activity": 0x09}[name], "DS", str(value))
    return dataset


def test_private_factors_of_philips():
    assert suv_scale(philips(suv=0.0002)).factor == pytest.approx(0.0002)
    assert suv_scale(philips(suv=0, activity=1.5)).factor == pytest.approx(1.5 * 80_000 / left(3600))
    lean = 9270 * 80 / (6680 + 216 * 80 / 3.24)
    assert suv_scale(philips(suv=0.0002), kind="lean-janmahasatian").factor == pytest.approx(
        0.0002 * lean / 80
    )
    with pytest.raises(InputError, match="IGX-IMG-132"):
        suv_scale(philips(suv=0))


def test_images_that_are_suv_already():
    assert suv_scale(pet(Units="GML")).factor == 1.0
    assert suv_scale(pet(Units="GML", SUVType="LBMJANMA"), kind="lean-janmahasatian").factor == 1.0
    lean = 9270 * 80 / (6680 + 216 * 80 / 3.24)
    assert suv_scale(pet(Units="GML"), kind="lean-janmahasatian").factor == pytest.approx(lean / 80)
    assert suv_scale(pet(Units="CM2ML"), kind="surface").unit == "cm2/ml"
    with pytest.raises(InputError, match="IGX-IMG-132"):
        suv_scale(pet(Units="GML", SUVType="IBW"))


@pytest.mark.parametrize(
    ("code", "word", "changes"),
    [
        ("IGX-IMG-130", "PatientWeight", {"PatientWeight": None}),
        ("IGX-IMG-130", "PatientWeight", {"PatientWeight": "0"}),
        ("IGX-IMG-130", "RadiopharmaceuticalStart", {"tracer": {"RadiopharmaceuticalStartTime": None}}),
        ("IGX-IMG-130", "RadionuclideTotalDose", {"tracer": {"RadionuclideTotalDose": None}}),
        ("IGX-IMG-130", "RadionuclideHalfLife", {"tracer": {"RadionuclideHalfLife": "0"}}),
        (
            "IGX-IMG-130",
            "RadiopharmaceuticalInformationSequence",
            {"RadiopharmaceuticalInformationSequence": None},
        ),
        ("IGX-IMG-130", "DecayCorrection", {"DecayCorrection": None}),
        ("IGX-IMG-130", "CorrectedImage", {"CorrectedImage": None}),
        ("IGX-IMG-130", "SeriesTime", {"SeriesTime": None, "AcquisitionTime": None}),
        ("IGX-IMG-130", "not a PET", {"Modality": "CT"}),
        ("IGX-IMG-131", "Bq", {"tracer": {"RadionuclideTotalDose": "370"}}),
        ("IGX-IMG-131", "weight", {"PatientWeight": "80000"}),
        ("IGX-IMG-131", "half lives", {"tracer": {"RadiopharmaceuticalStartDateTime": "20190301090000"}}),
        ("IGX-IMG-131", "after the scan", {"tracer": {"RadiopharmaceuticalStartDateTime": "20200302090000"}}),
        ("IGX-IMG-131", "half lives", {"tracer": {"RadiopharmaceuticalStartTime": "100010"}}),
        ("IGX-IMG-131", "no date", {"tracer": {"RadionuclideHalfLife": "45721"}}),
        ("IGX-IMG-132", "attenuation", {"CorrectedImage": ["DECY"]}),
        ("IGX-IMG-132", "contradict", {"CorrectedImage": ["ATTN"]}),
        ("IGX-IMG-132", "PROPCPS", {"Units": "PROPCPS"}),
    ],
)
def test_reasons_to_refuse(code, word, changes):
    with pytest.raises(InputError) as caught:
        suv_scale(pet(**changes))
    assert caught.value.code == code, str(caught.value)
    assert word in str(caught.value)
    assert caught.value.remedy


def test_kinds_that_need_more_than_the_weight():
    for values, kind in (({"PatientSize": None}, "surface"), ({"PatientSex": "O"}, "lean-james")):
        with pytest.raises(InputError, match="IGX-IMG-130"):
            suv_scale(pet(**values), kind=kind)
    with pytest.raises(InputError, match="height"):
        suv_scale(pet(PatientSize="180"), kind="surface")
    # James' parabola turns down in obesity and ends below zero.
    with pytest.raises(InputError, match="lean-janmahasatian"):
        suv_scale(pet(PatientWeight="230", PatientSize="1.5", PatientSex="F"), kind="lean-james")


def test_times_that_are_none():
    with pytest.warns(UserWarning, match="TM"), pytest.raises(FileProblem, match="IGX-IMG-102"):
        suv_scale(pet(tracer={"RadiopharmaceuticalStartTime": "250000"}))
    assert math.isfinite(suv_scale(pet(SeriesTime="100060", AcquisitionTime="100060")).factor)


def test_images_of_two_series():
    other = pet(tracer={"RadionuclideTotalDose": "2e8"})
    with pytest.raises(InputError, match="IGX-IMG-131"):
        suv_scale([pet(), other])
    with pytest.raises(InputError, match="IGX-IMG-133"):
        suv_scale([pet(), pet(PatientWeight="70")])
    with pytest.raises(InputError, match="IGX-IMG-133"):
        suv_scale([pet(), pet(Units="GML")])
