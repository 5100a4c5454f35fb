import numpy as np
import pytest

from imagenomics.cohort.settings import IdRule
from imagenomics.errors import FileProblem, InputError
from imagenomics.images.freesurfer.stats import read_stats, split_hemisphere
from imagenomics.images.freesurfer.subjects import read_freesurfer
from imagenomics.images.freesurfer.tables import read_stats_tables
from imagenomics.tables.patient_table import join

ASEG = """# Title Segmentation Statistics
#
# generating_program mri_segstats
# subjectname {subject}
# Measure BrainSeg, BrainSegVol, Brain Segmentation Volume, 1193318.000000, mm^3
# Measure lhCortex, lhCortexVol, Left hemisphere cortical gray matter volume, 230000.5, mm^3
# Measure lhSurfaceHoles, lhSurfaceHoles, Number of defect holes, 21, unitless
# Measure EstimatedTotalIntraCranialVol, eTIV, Estimated Total Intracranial Volume, {etiv}, mm^3
# NRows 3
# NTableCols 10
# ColHeaders  Index SegId NVoxels Volume_mm3 StructName normMean normStdDev normMin normMax normRange
  1  17   4000     {hippo}  Left-Hippocampus   60.1  8.0  20 90 70
  2  53   4100     4100.5  Right-Hippocampus  61.2  8.1  21 91 70
  3  16  20000    20100.0  Brain-Stem         70.0  9.0  20 99 79
"""
APARC = """# Title Cortical Parcellation Statistics
# subjectname {subject}
# hemi {hemi}
# Measure Cortex, NumVert, Number of Vertices, 130000, unitless
# Measure Cortex, MeanThickness, Mean Thickness, 2.51, mm
# Measure EstimatedTotalIntraCranialVol, eTIV, Estimated Total Intracranial Volume, {etiv}, mm^3
# NTableCols 10
# ColHeaders StructName NumVert SurfArea GrayVol ThickAvg ThickStd MeanCurv GausCurv FoldInd CurvInd
bankssts  1500 1000 2500 2.5{n} 0.50 0.11 0.03 15 1.9
insula    3300 2200 6600 3.012 0.80 0.12 0.04 30 3.2
"""


def subject(root, name, *, etiv="1500000.5", hippo="3900.5", header=None):
    stats = root / name / "stats"
    stats.mkdir(parents=True)
    said = header or name
    (stats / "aseg.stats").write_text(ASEG.format(subject=said, etiv=etiv, hippo=hippo))
    for n, hemi in enumerate(("lh", "rh")):
        (stats / f"{hemi}.aparc.stats").write_text(APARC.format(subject=said, hemi=hemi, etiv=etiv, n=n))
    return stats


def test_regions_measures_and_units(tmp_path):
    subject(tmp_path, "A")
    subject(tmp_path, "B", etiv="1600000.0", hippo="4200.0")
    found = read_freesurfer(tmp_path)
    values, columns = found.table.values, found.table.columns
    assert list(values.index) == ["A", "B"]
    assert values.loc["B", "freesurfer.lh_Hippocampus.volume"] == 4200
    assert values.loc["A", "freesurfer.lh_bankssts.thickness"] == 2.50
    assert values.loc["A", "freesurfer.rh_bankssts.thickness"] == 2.51
    assert values.loc["A", "freesurfer.rh_insula.surface_area"] == 2200
    assert values.loc["A", "freesurfer.Brain-Stem.volume"] == 20100
    assert values.loc["A", "freesurfer.lh_whole.CortexVol"] == 230000.5
    assert values.loc["A", "freesurfer.rh_whole.MeanThickness"] == 2.51
    region = found.regions.loc["freesurfer.rh_insula.surface_area"]
    assert tuple(region) == ("right", "insula", "surface_area", "mm2")
    assert columns.loc["freesurfer.rh_insula.surface_area", ["unit", "region"]].tolist() == [
        "mm2",
        "rh_insula",
    ]
    assert not len(found.failures)
    assert not values.isna().any().any()


def test_intracranial_volume_is_a_covariate(tmp_path):
    subject(tmp_path, "A")
    found = read_freesurfer(tmp_path).table
    assert list(found.where(role="clinical").values) == ["freesurfer.whole.eTIV"]
    assert found.values.loc["A", "freesurfer.whole.eTIV"] == 1500000.5
    assert set(found.columns["role"]) == {"clinical", "feature"}


def test_measures_can_be_chosen(tmp_path):
    subject(tmp_path, "A")
    names = read_freesurfer(tmp_path, files=["aparc"], measures=["mean_curvature"]).table.values.columns
    assert "freesurfer.lh_insula.mean_curvature" in names
    assert not any("thickness" in n or "Hippocampus" in n for n in names)


def spoil(stats, file, change):
    path = stats / file
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: "", "IGX-IMG-211"),
        (lambda text: "recon-all crashed\n", "IGX-IMG-211"),
        (lambda text: text.split("  1  17")[0], "IGX-IMG-211"),
        (lambda text: text.split("  3  16")[0], "IGX-IMG-212"),
        (lambda text: text.replace("  2  53", "  3  53").replace("  3  16", "  4  16"), "IGX-IMG-212"),
        (lambda text: text.replace("4100.5", "4100,5"), "IGX-IMG-212"),
        (lambda text: text.replace("4100.5", "nan"), "IGX-IMG-212"),
        (lambda text: text.replace("4100.5 ", " "), "IGX-IMG-212"),
        (lambda text: text.replace("Right-Hippo", "Left-Hippo"), "IGX-IMG-212"),
        (lambda text: text.replace("1193318.000000", "?"), "IGX-IMG-212"),
    ],
)
def test_broken_or_edited_files_are_rows_and_cost_their_columns_only(tmp_path, change, code):
    subject(tmp_path, "A")
    spoil(subject(tmp_path, "B"), "aseg.stats", change)
    found = read_freesurfer(tmp_path)
    assert found.failures[["patient", "code"]].values.tolist() == [["B", code]]
    assert found.failures["file"].iloc[0].endswith("B/stats/aseg.stats")
    assert np.isnan(found.table.values.loc["B", "freesurfer.lh_Hippocampus.volume"])
    assert found.table.values.loc["B", "freesurfer.lh_insula.thickness"] == 3.012
    assert found.table.values.loc["B", "freesurfer.whole.eTIV"] == 1500000.5
    assert found.table.values.loc["A"].notna().all()


def test_files_of_another_subject_or_run_cost_the_patient(tmp_path):
    subject(tmp_path, "A")
    subject(tmp_path, "B", header="other")
    spoil(subject(tmp_path, "C"), "aseg.stats", lambda text: text.replace("1500000.5", "1400000"))
    stats = subject(tmp_path, "D")
    (stats.parent / "scripts").mkdir()
    (stats.parent / "scripts" / "recon-all.error").write_text("x")
    found = read_freesurfer(tmp_path)
    expected = [["B", "IGX-IMG-213"], ["C", "IGX-IMG-214"], ["D", "IGX-IMG-217"]]
    assert found.failures[["patient", "code"]].values.tolist() == expected
    assert found.table.values.loc[["B", "C", "D"]].isna().all().all()


def test_unfinished_subjects_are_rows_and_averages_are_not(tmp_path):
    subject(tmp_path, "A")
    (tmp_path / "B" / "mri").mkdir(parents=True)
    (tmp_path / "fsaverage5" / "surf").mkdir(parents=True)
    (tmp_path / "logs").mkdir()
    found = read_freesurfer(tmp_path)
    assert list(found.table.values.index) == ["A", "B"]
    assert found.failures[["patient", "code"]].values.tolist() == [["B", "IGX-IMG-210"]] * 3


def test_bids_names_and_two_sessions(tmp_path):
    subject(tmp_path, "sub-01_ses-1", header="sub-01_ses-1")
    subject(tmp_path, "sub-02_ses-1")
    subject(tmp_path, "sub-02_ses-2")
    found = read_freesurfer(tmp_path, rule=IdRule(name="bids"))
    assert list(found.table.values.index) == ["01"]
    assert found.failures[["patient", "code"]].values.tolist() == [["02", "IGX-IMG-215"]]


def test_longitudinal_folders_keep_the_name_of_the_time_point(tmp_path):
    subject(tmp_path, "A.long.base", header="A.long.base")
    assert not len(read_freesurfer(tmp_path).failures)


def test_no_folder(tmp_path):
    with pytest.raises(FileProblem, match="IGX-IMG-210"):
        read_freesurfer(tmp_path / "none")
    with pytest.raises(FileProblem, match="IGX-IMG-210"):
        read_freesurfer(tmp_path)


def test_wmparc_names():
    assert split_hemisphere("wm-lh-bankssts") == ("left", "wm-bankssts")
    assert split_hemisphere("ctx-rh-insula") == ("right", "ctx-insula")
    assert split_hemisphere("Left-UnsegmentedWhiteMatter") == ("left", "UnsegmentedWhiteMatter")
    assert split_hemisphere("rhCerebralWhiteMatterVol") == ("right", "CerebralWhiteMatterVol")
    assert split_hemisphere("3rd-Ventricle") == ("", "3rd-Ventricle")


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "aseg.txt").write_text(
        "Measure:volume\tLeft-Hippocampus\tBrain-Stem\tlhCortexVol\tBrainSegVol-to-eTIV\tEstimatedTotalIntraCranialVol\n"
        "sub-1/\t3900.5\t20100\t230000.5\t0.8\t1500000.5\nsub-2\t\t20000\t230001\t0.7\t1600000\n"
    )
    for hemi in ("lh", "rh"):
        (tmp_path / f"{hemi}.csv").write_text(
            f"{hemi}.aparc.thickness,{hemi}_bankssts_thickness,{hemi}_MeanThickness_thickness,BrainSegVolNotVent,eTIV\n"
            "sub-1,2.5,2.6,1100000,1500000.5\nsub-2,2.4,2.5,1200000,1600000\n"
        )
    return tmp_path


def test_tables_of_many_patients(tables):
    paths = [tables / "aseg.txt", tables / "lh.csv", tables / "rh.csv"]
    found = read_stats_tables(paths, rule=IdRule(name="bids"))
    values = found.table.values
    assert list(values.index) == ["1", "2"]
    assert values.loc["1", "freesurfer.lh_Hippocampus.volume"] == 3900.5
    assert np.isnan(values.loc["2", "freesurfer.lh_Hippocampus.volume"])
    assert values.loc["2", "freesurfer.rh_bankssts.thickness"] == 2.4
    assert values.loc["2", "freesurfer.rh_whole.MeanThickness"] == 2.5
    assert values.loc["1", "freesurfer.lh_whole.CortexVol"] == 230000.5
    assert list(found.table.where(role="clinical").values) == ["freesurfer.whole.eTIV"]
    assert found.regions.loc["freesurfer.whole.BrainSegVol-to-eTIV", "unit"] == ""
    assert not len(found.failures)


def test_folders_and_tables_give_the_same_columns(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("subjects")
    subject(folder, "sub-1")
    a = read_freesurfer(folder, rule=IdRule(name="bids"), measures=["thickness"]).table
    b = read_stats_tables([tables / "lh.csv"], rule=IdRule(name="bids")).table
    common = [c for c in b.values if c in a.values]
    assert "freesurfer.lh_bankssts.thickness" in common
    assert a.columns.loc[common].equals(b.columns.loc[common])


def test_tables_that_disagree_are_refused(tables):
    (tables / "rh.csv").write_text("rh.aparc.area,rh_bankssts_area,eTIV\nsub-1,900,1450000\n")
    with pytest.raises(InputError, match=r"(?s)IGX-IMG-214.*eTIV"):
        read_stats_tables([tables / "lh.csv", tables / "rh.csv"])


def test_rows_of_one_patient_twice_are_failures(tables):
    with open(tables / "lh.csv", "a") as file:
        file.write("sub-2,2.4,2.5,1200000,1600000\n")
    found = read_stats_tables([tables / "lh.csv"])
    assert list(found.table.values.index) == ["sub-1"]
    assert set(found.failures["code"]) == {"IGX-IMG-215"}


@pytest.mark.parametrize("first", ["subject", "Measure:fun", "lh.aparc.thick ness"])
def test_another_table_is_refused(tmp_path, first):
    (tmp_path / "t.tsv").write_text(f"{first}\tx\nA\t1\n")
    with pytest.raises(InputError, match="IGX-IMG-216"):
        read_stats_tables([tmp_path / "t.tsv"])


def test_cells_that_are_no_numbers_are_refused(tables):
    (tables / "x.tsv").write_text("Measure:volume\tBrain-Stem\nA\tbig\n")
    with pytest.raises(InputError, match="IGX-TAB-013"):
        read_stats_tables([tables / "x.tsv"])


def test_several_sources_can_be_joined(tmp_path, tables):
    subject(tmp_path / "fs", "sub-1")
    a = read_freesurfer(tmp_path / "fs", name="folder").table
    b = read_stats_tables([tables / "lh.csv"], name="table").table
    assert len(join([a, b]).values.columns) == len(a.values.columns) + len(b.values.columns)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileProblem, match="IGX-IMG-210"):
        read_stats(tmp_path / "aseg.stats")
