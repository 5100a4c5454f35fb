"""The how-to of preparation does what it says."""

import re
from pathlib import Path

from imagenomics.images.settings import ImageSettings

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "prepare-images.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_study_file_is_valid():
    import tomllib

    images = tomllib.loads(blocks("toml")[0])["images"]
    kinds = [[s.kind for s in ImageSettings.read(image, where="how-to").prepare] for image in images]
    assert kinds == [["n4", "resample", "crop"], ["register"]]


def test_the_example_runs():
    names = {}
    exec(compile(blocks("python")[0], "how-to", "exec"), names)
    assert abs(names["figures"].noise_sd - 2) < 0.3
    assert names["of_regions"]["lesion"].edge_share == 0
    assert [line.split()[0] for line in names["prepared"].history] == ["N4", "resampled", "cropped"]
