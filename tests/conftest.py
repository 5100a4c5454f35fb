from pathlib import Path

import pytest
from hypothesis import settings

from imagenomics.phantom.make import make_phantom
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

settings.register_profile("no-clock", deadline=None)  # a busy machine is no defect
settings.load_profile("no-clock")

# A small cohort that goes through every stage in seconds; the effects of the phantom need 120 patients to be found.
QUICK = (
    "images=[{name='t1post', modality='MR', "
    "path='images/{patient}_t1post.nii.gz', mask='images/{patient}_mask.nii.gz'}]",
    "features.families=['volume', 'shape', 'intensity', 'glcm']",
    "associate.adjusted.permutations=20",
    "associate.unadjusted.permutations=0",
    "associate.expression.permutations=0",
    "train=[{name='NULL1', target='mutations.NULL1', models=[], folds=3, repeats=1, baselines=['volume']}]",
    "predict.inner_folds=2",
)


@pytest.fixture(scope="session")
def phantom(tmp_path_factory) -> Path:
    return make_phantom(tmp_path_factory.mktemp("phantom"), n_patients=40)


@pytest.fixture(scope="session")
def quick() -> tuple[str, ...]:
    """Changes that make the phantom study small."""
    return QUICK


@pytest.fixture(scope="session")
def quick_run(phantom, tmp_path_factory):
    """One finished run of the small study."""
    out = tmp_path_factory.mktemp("run") / "out"
    return run_quick(phantom, out)


def run_quick(phantom, out, *, overrides=(), **options):
    study = load_study(phantom, overrides=[*QUICK, *overrides])
    last = options.pop("last", "report")
    return run_plan(
        study.plan, study.root, JobOptions(out, progress=Progress(shown=False), **options), last=last
    )


@pytest.fixture(name="run_quick", scope="session")
def run_quick_fixture():
    return run_quick
