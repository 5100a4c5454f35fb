"""Every block of a study file that a how-to page shows is one that the study file takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from imagenomics.runs.agreement_block import AgreementBlock
from imagenomics.runs.phenotype_block import PhenotypeBlock
from imagenomics.runs.plan import ImageBlock
from imagenomics.runs.table_blocks import AnyFeatureTable

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
READERS = {
    "images": TypeAdapter(ImageBlock),
    "phenotypes": TypeAdapter(PhenotypeBlock),
    "feature_tables": TypeAdapter(AnyFeatureTable),
    "agreement": TypeAdapter(AgreementBlock),
}
PAGES = ("series.md", "bids.md", "brain.md", "perfusion.md", "agreement.md", "dose-response.md")


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_valid(page):
    text = (HOW_TO / page).read_text()
    read = 0
    for fragment in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        for name, blocks in tomllib.loads(fragment).items():
            for block in blocks if name in READERS else []:
                READERS[name].validate_python(block)
                read += 1
    assert read > 0
