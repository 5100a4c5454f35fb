"""What the page claims of modules that beat random groups of genes."""

import pandas as pd

from imagenomics.report.module_maps import _sentence


def rows(correlation_random):
    return pd.DataFrame(
        {
            "q": [0.001] * 20 + [0.5],
            "p_random_sets": [0.01] + [0.6] * 19 + [None],
            "verdict": ["supported"] + ["no evidence found"] * 20,
            "correlation": [0.5] * 21,
            "correlation_random": [correlation_random] * 21,
            "reason": [""] * 21,
        }
    )


def test_how_many_pairs_would_pass_by_chance_is_said():
    said = _sentence(rows(0.48), 0.05)
    assert "not adjusted for the number of pairs: among 20" in said
    assert "about 1.0 would beat them" in said
    assert "looser" not in said


def test_groups_that_are_looser_than_the_module_are_said_to_be_so():
    said = _sentence(rows(0.1), 0.05)
    assert (
        "For 1 of them no other genes are as correlated (in the module 0.50, in its random groups 0.10)"
        in said
    )
