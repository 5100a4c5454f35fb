"""The block of signatures counts pairs by the false discovery rate that their own block declares."""

import json

import pandas as pd
from report_reading import read_page

from imagenomics.report.folder import read_folder
from imagenomics.report.random_signatures import signature_block
from imagenomics.runs.random_signatures import COLUMNS


def test_pairs_pass_the_level_of_their_block(tmp_path):
    rows = pd.DataFrame(
        {
            "analysis": ["strict", "strict", "loose", "loose"],
            "feature": ["a", "b", "a", "b"],
            "target": "s.score",
            "signature": "s.score",
            "q": [0.04, 0.08, 0.08, 0.3],
            "p_random_sets": [0.01, 0.01, 0.01, 0.01],
            "z": [3.0, 2.5, 2.5, 1.0],
            "random_low": -1.0,
            "random_high": 1.0,
            "verdict": ["supported", "no evidence found", "supported", "no evidence found"],
            "reason": "",
        }
    ).reindex(columns=list(COLUMNS))
    rows.to_parquet(tmp_path / "random_signatures.parquet")
    blocks = [{"name": "strict", "alpha": 0.05}, {"name": "loose", "alpha": 0.1}]
    (tmp_path / "record.json").write_text(json.dumps({"plan": {"associate": blocks}}))
    text = read_page(str(signature_block(read_folder(tmp_path)))).text
    assert "4 pairs of a signature were tested; 2 pass" in text
    assert "2 of these are shown to beat" in text
