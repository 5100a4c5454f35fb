"""The planted truth is really in the pictures: quick measures find it, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from scipy.stats import false_discovery_control, mannwhitneyu, spearmanr

from imagenomics.images.load import load_case
from imagenomics.images.settings import ImageSettings
from imagenomics.phantom import truth
from imagenomics.phantom.cohort import draw_cohort
from imagenomics.phantom.make import make_phantom

NULLS = [f"NULL{i}" for i in range(1, 13)]


@pytest.fixture(scope="module")
def cohort():
    return draw_cohort(truth.N_PATIENTS, seed=truth.SEED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_phantom(tmp_path_factory.mktemp("phantom"), seed=truth.SEED).parent


@pytest.fixture(scope="module")
def measures(folder, cohort):
    """Mean, standard deviation, lag-1 autocorrelation and volume of each lesion in each readable image."""
    settings = ImageSettings(name="any", modality="MR", path="{patient}", mask="{patient}")
    rows = {}
    for patient, kind in cohort["imperfection"].items():
        for image in truth.IMAGES:
            if (image, kind[:7]) in {("flair", "no-flai"), ("t1post", "truncat")}:
                continue
            mask = folder / "images" / f"{patient}_mask.nii.gz"
            volume, found = load_case(folder / "images" / f"{patient}_{image}.nii.gz", mask, settings)
            rows.setdefault(patient, {}).update(
                {f"{image}.{k}": v for k, v in _measure(volume.array, found["lesion"]).items()}
            )
    return pd.DataFrame.from_dict(rows, orient="index").reindex(cohort.index)


def _measure(array, mask):
    pairs = [(slice(None), slice(1, None), slice(None)), (slice(None), slice(None), slice(1, None))]
    lags = []
    for after in pairs:
        before = tuple(slice(None, -1) if s.start == 1 else s for s in after)
        both = mask[before] & mask[after]
        lags.append(np.corrcoef(array[before][both], array[after][both])[0, 1])
    values = array[mask]
    return {"mean": values.mean(), "sd": values.std(), "lag": np.mean(lags), "volume": mask.sum() * 3.0}


def _auc_p(measure, carrier):
    seen = measure.notna()
    one, other = measure[seen & carrier], measure[seen & ~carrier]
    test = mannwhitneyu(one, other)
    return test.statistic / (len(one) * len(other)), test.pvalue


def _within_site_p(measure, carrier, site, n_draws=999):
    """Permute carriers within each site; the statistic is the sum of ranks."""
    seen = measure.notna().to_numpy()
    ranks = measure[seen].rank().to_numpy()
    label, group = carrier[seen].to_numpy(), site[seen].to_numpy()
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(group == g) for g in np.unique(group)]
    expected = sum(ranks[m].mean() * label[m].sum() for m in members)
    observed = abs(ranks[label].sum() - expected)
    draws = np.zeros(n_draws)
    for i in range(n_draws):
        draws[i] = abs(sum(ranks[rng.permutation(m)[: label[m].sum()]].sum() for m in members) - expected)
    return (1 + (draws >= observed - 1e-9).sum()) / (1 + n_draws)


def test_texa_is_in_the_texture(measures, cohort):
    for image in truth.IMAGES:
        auc, p = _auc_p(measures[f"{image}.lag"], cohort["TEXA"])
        assert auc < 0.27
        assert p < 1e-5
        assert _within_site_p(measures[f"{image}.lag"], cohort["TEXA"], cohort["site"]) == 0.001
    assert abs(_auc_p(measures["t1post.volume"], cohort["TEXA"])[0] - 0.5) < 0.15


def test_volb_is_in_the_volume(measures, cohort):
    auc, p = _auc_p(measures["t1post.volume"], cohort["VOLB"])
    assert auc > 0.75
    assert p < 1e-5
    assert abs(_auc_p(measures["t1post.lag"], cohort["VOLB"])[0] - 0.5) < 0.15


def test_sitc_is_only_in_the_site(measures, cohort):
    for image in truth.IMAGES:
        auc, p = _auc_p(measures[f"{image}.mean"], cohort["SITC"])
        assert auc > 0.7
        assert p < 1e-4
        for name in ("mean", "sd", "lag", "volume"):
            assert _within_site_p(measures[f"{image}.{name}"], cohort["SITC"], cohort["site"]) > 0.05


def test_null_genes_change_nothing(measures, cohort):
    p = [_auc_p(measures[column], cohort[gene])[1] for gene in NULLS for column in measures.columns]
    assert min(false_discovery_control(p)) > 0.05
    assert 1 <= cohort["RARE1"].sum() < 10  # not testable


def test_one_expressed_gene_follows_the_texture(folder, measures):
    table = pd.read_csv(folder / "expression.tsv", sep="\t", index_col="sample")
    lag = measures["flair.lag"].set_axis(measures.index + truth.SAMPLE_SUFFIX).reindex(table.index)
    p = {gene: spearmanr(table[gene], lag, nan_policy="omit").pvalue for gene in table.columns}
    assert len(p) == 40
    assert p.pop("TEXA_X") < 1e-8
    assert min(false_discovery_control(list(p.values()))) > 0.05


def test_genes_are_spread_evenly(cohort):
    for gene in ("TEXA", "VOLB", *NULLS):
        share = cohort.groupby("site")[gene].mean()
        assert share.max() - share.min() < 0.1, gene
        assert abs(cohort[gene].mean() - truth.FREQUENCY[gene]) < 0.01
        if gene != "TEXA":
            assert abs(cohort.groupby("TEXA")[gene].mean().diff().iloc[-1]) < 0.12, gene
    by_site = cohort.groupby("site")["SITC"].mean()
    for site in truth.SITES:
        assert abs(by_site[site.name] - site.sitc) < 0.05


def test_lesions_are_connected_and_as_large_as_planted(folder, cohort, measures):
    settings = ImageSettings(name="t1", path="{patient}", mask="{patient}")
    assert (abs(measures["t1post.volume"] / cohort["volume_mm3"] - 1).dropna() < 0.05).all()
    for patient in cohort.index[:10]:
        image = folder / "images" / f"{patient}_flair.nii.gz"
        if not image.exists():
            continue
        volume, found = load_case(image, folder / "images" / f"{patient}_mask.nii.gz", settings)
        assert volume.spacing_mm == (3.0, 1.0, 1.0)
        assert np.array_equal(volume.direction, np.eye(3).ravel())
        assert ndimage.label(found["lesion"])[1] == 1
        assert 150 < found["lesion"].sum() < 3000
