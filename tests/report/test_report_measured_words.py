"""The methods paragraph names phenotypes, their images and their settings."""

from __future__ import annotations

from imagenomics.report.measured_words import phenotype_sentences


class Recorded:
    """What a run folder says of its study."""

    def blocks(self, name):
        assert name == "phenotypes"
        return [
            {
                "name": "perf",
                "image": "dsc",
                "others": {"spin_echo": "se"},
                "geometry": "same",
                "measure": {
                    "kind": "dsc",
                    "echo_time_ms": 30.0,
                    "leakage": True,
                    "tissue": None,
                    "deconvolution": {"method": "osvd", "cut": 0.2},
                    "maps": ["cbv"],
                },
            }
        ]


def test_each_phenotype_is_a_sentence_with_its_settings():
    text = phenotype_sentences(Recorded())
    assert text == (
        "The phenotypes “perf” are measures of kind dsc in the image dsc together with spin_echo = se "
        "(echo time ms 30, leakage yes, deconvolution method osvd, deconvolution cut 0.2)."
    )
