"""MGMT promoter methylation by the logistic model MGMT-STP27."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.genomics.derive.inputs import Inputs, Label, give_reason, no_reasons
from imagenomics.genomics.derive.settings_calls import MgmtSettings
from imagenomics.genomics.methylation import beta_to_m

PROBES = ("cg12434587", "cg12981137")
# Bady and others 2012 print 4.3215, 0.5271 and 0.9265; the further digits and the covariance of the estimates are
# those of the model object that the same authors published (mgmtstp27 0.8, Bady and others 2016).
COEFFICIENTS = np.array([4.321545122790996, 0.5271018263958681, 0.9264582237281297])
COVARIANCE = np.array(
    [
        [1.488336034, 0.2403112657, 0.1324629457],
        [0.2403112657, 0.09124441364, -0.03381879936],
        [0.1324629457, -0.03381879936, 0.09110908156],
    ]
)


def mgmt_methylation(settings: MgmtSettings, inputs: Inputs) -> list[Label]:
    """Return the probability that the MGMT promoter is methylated, and the call.

    The model takes M values of the Illumina 27K, 450K or EPIC array; beta values are turned into M values, and
    replicates of a probe (``cg12981137_TC11``) are averaged. Where the interval of the probability holds the cut the
    patient is uncertain and not called.

    Raises
    ------
    InputError
        ``IGX-GEN-031`` no such block; ``IGX-GEN-032`` no numbers; ``IGX-GEN-038`` the block has no methylation, or a
        probe is missing.

    Source
    ------
    Bady and others 2012, Acta Neuropathologica 124:547 (the model); Bady, Delorenzi and Hegi 2016, Journal of
    Molecular Diagnostics 18:350 (cut, interval).
    """
    m = _m_values(settings, inputs)
    design = np.column_stack([np.ones(len(m)), m.to_numpy()])
    link, low, high = predict_link(design, level=settings.level)
    probability = pd.Series(_inverse(link), index=inputs.patients)
    rowless = inputs.numbers(settings.methylation).isna().all(axis=1)
    reasons = give_reason(no_reasons(inputs.patients), rowless, f"no row in '{settings.methylation}'")
    for probe in PROBES:
        reasons = give_reason(reasons, m[probe].isna(), f"the probe {probe} has no value")
    known = reasons
    zone = (_inverse(low) < settings.cut) & (_inverse(high) >= settings.cut)
    if settings.zone == "interval":
        why = f"uncertain: the {settings.level:.0%} interval holds {settings.cut:g}"
        reasons = give_reason(reasons, zone, why)
    call = (probability >= settings.cut).astype(float).where(reasons == "")
    model = "MGMT-STP27: probability = logistic(4.3215 + 0.5271 M(cg12434587) + 0.9265 M(cg12981137))"
    names = tuple(f"{settings.methylation}.{probe}" for probe in PROBES)
    rule = f"{model} of at least {settings.cut:g}"
    if settings.zone == "interval":
        rule += f"; not called where its {settings.level:.0%} interval holds this cut"
    levels = ("unmethylated", "methylated")
    return [
        Label("probability", probability, known, model, names),
        Label("promoter", call, reasons, rule, names, kind="binary", levels=levels),
    ]


def predict_link(design: np.ndarray, *, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the linear predictor of rows (1, M, M), and the ends of its normal interval."""
    from scipy.special import ndtri

    link = design @ COEFFICIENTS
    error = np.sqrt(np.einsum("ij,jk,ik->i", design, COVARIANCE, design))
    width = ndtri(0.5 + level / 2) * error
    return link, link - width, link + width


def _m_values(settings: MgmtSettings, inputs: Inputs) -> pd.DataFrame:
    described = inputs.block(settings.methylation).table.columns
    if set(described["family"]) != {"methylation"}:
        raise InputError(
            "IGX-GEN-038",
            f"the block '{settings.methylation}' does not hold methylation",
            where=inputs.where,
            expected="a block of kind 'methylation', whose scale is declared",
            remedy="read the array with kind = 'methylation'",
        )
    values = inputs.numbers(settings.methylation)
    probes = {p: [c for c in values.columns if c == p or str(c).startswith(f"{p}_")] for p in PROBES}
    absent = [probe for probe, columns in probes.items() if not columns]
    if absent:
        raise InputError(
            "IGX-GEN-038",
            f"the probe {' and '.join(absent)} is not in '{settings.methylation}'",
            where=inputs.where,
            expected="both probes of the model",
            remedy="read them: probes = ['cg12434587', 'cg12981137'], or probes = 'all'",
        )
    chosen = pd.DataFrame({probe: values[columns].mean(axis=1) for probe, columns in probes.items()})
    return beta_to_m(chosen) if set(described["unit"]) == {"beta"} else chosen


def _inverse(link: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-link))
