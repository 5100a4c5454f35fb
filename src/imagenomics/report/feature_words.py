"""Feature names as a radiologist says them: ``szm_szlge_2D`` is 'GLSZM small zone low grey level emphasis'."""

from __future__ import annotations

import re
from collections.abc import Mapping

EMPHASIS = re.compile(r"^([a-z]+?)(lge|hge)$")
TAG = re.compile(
    r"^(?:(?P<filter>.+?)_)?(?P<stem>cm|rlm|szm|dzm|ngt|ngl|stat|ih|ivh|morph|loc)_(?P<tag>[a-z0-9_]+?)"
    r"(?:_(?P<across>2D|2_5D|3D)(?:_(?P<how>avg|comb))?)?$"
)
NAMED = re.compile(
    r"^(?:original_)?(?P<stem>glcm|glrlm|glszm|gldzm|ngtdm|gldm|firstorder|shape2D|shape)_(?P<tag>\w+)$"
)
STEMS = {
    "cm": "GLCM", "rlm": "GLRLM", "szm": "GLSZM", "dzm": "GLDZM", "ngt": "NGTDM", "ngl": "NGLDM",
    "stat": "intensity", "ih": "histogram", "ivh": "volume histogram", "morph": "", "loc": "",
    "firstorder": "intensity", "shape": "", "shape2D": "in-plane",
}  # fmt: skip
STATISTICS = {
    "mean": "mean", "var": "variance", "skew": "skewness", "kurt": "kurtosis", "median": "median", "min": "minimum",
    "p10": "10th percentile", "p90": "90th percentile", "max": "maximum", "mode": "mode", "iqr": "interquartile range",
    "range": "range", "mad": "mean absolute deviation", "rmad": "robust mean absolute deviation",
    "medad": "median absolute deviation", "cov": "coefficient of variation", "qcod": "quartile dispersion",
    "energy": "energy", "rms": "root mean square", "entropy": "entropy", "uniformity": "uniformity",
    "max_grad": "maximum gradient", "max_grad_g": "level of maximum gradient", "min_grad": "minimum gradient",
    "min_grad_g": "level of minimum gradient",
}  # fmt: skip
SHAPE = {
    "vol_approx": "volume (voxels counted)", "volume": "volume (mesh)", "area_mesh": "surface area",
    "av": "surface to volume ratio", "comp_1": "compactness 1", "comp_2": "compactness 2",
    "sph_dispr": "spherical disproportion", "sphericity": "sphericity", "asphericity": "asphericity",
    "com": "centre of mass shift", "diam": "maximum diameter", "pca_maj_axis": "major axis length",
    "pca_min_axis": "minor axis length", "pca_least_axis": "least axis length", "pca_elongation": "elongation",
    "pca_flatness": "flatness", "integ_int": "integrated intensity", "moran_i": "Moran's I", "geary_c": "Geary's C",
}  # fmt: skip
BOXES = {
    "aabb": "bounding box", "ombb": "tightest box", "aee": "ellipsoid", "mvee": "tightest ellipsoid",
    "conv_hull": "convex hull",
}  # fmt: skip
SHAPE |= {f"vol_dens_{k}": f"volume density ({v})" for k, v in BOXES.items()}
SHAPE |= {f"area_dens_{k}": f"area density ({v})" for k, v in BOXES.items()}
GLCM = {
    "joint_max": "joint maximum", "joint_avg": "joint average", "joint_var": "joint variance",
    "joint_entr": "joint entropy", "diff_avg": "difference average", "diff_var": "difference variance",
    "diff_entr": "difference entropy", "sum_avg": "sum average", "sum_var": "sum variance", "sum_entr": "sum entropy",
    "energy": "angular second moment", "contrast": "contrast", "dissimilarity": "dissimilarity",
    "inv_diff": "inverse difference", "inv_diff_norm": "normalised inverse difference",
    "inv_diff_mom": "inverse difference moment", "inv_diff_mom_norm": "normalised inverse difference moment",
    "inv_var": "inverse variance", "corr": "correlation", "auto_corr": "autocorrelation",
    "clust_tend": "cluster tendency", "clust_shade": "cluster shade", "clust_prom": "cluster prominence",
    "info_corr1": "information correlation 1", "info_corr2": "information correlation 2",
}  # fmt: skip
NGTDM = {w: w for w in ("coarseness", "contrast", "busyness", "complexity", "strength")}
IVH = {
    "v10": "volume at 10% intensity", "v90": "volume at 90% intensity", "i10": "intensity at 10% volume",
    "i90": "intensity at 90% volume", "diff_v10_v90": "volume difference 10% to 90%",
    "diff_i10_i90": "intensity difference 10% to 90%", "auc": "area under the curve",
}  # fmt: skip
GREY = {"lge": "low grey level", "hge": "high grey level"}


def _sizes(kinds: Mapping[str, str], what: str, *, grey: str, count: str, of: str) -> dict[str, str]:
    """Return the words of a family that counts grey levels by a size: short and long runs, small and large zones."""
    found = {f"{kind}e": f"{words} emphasis" for kind, words in kinds.items()}
    found |= {
        f"{kind}{g}": f"{words} {level} emphasis"
        for kind, words in kinds.items()
        for g, level in GREY.items()
    }
    found |= {
        f"{g}{grey}e": f"{level} {what} emphasis" for g, level in (("lg", GREY["lge"]), ("hg", GREY["hge"]))
    }
    found |= {"glnu": "grey level non-uniformity", "glnu_norm": "normalised grey level non-uniformity"}
    found |= {f"{count}nu": f"{of} non-uniformity", f"{count}nu_norm": f"normalised {of} non-uniformity"}
    found |= {
        "gl_var": "grey level variance",
        f"{count}_var": f"{of} variance",
        f"{count}_entr": f"{of} entropy",
    }
    return found | {f"{count}_energy": f"{of} energy"}


WORDS: Mapping[str, Mapping[str, str]] = {
    "cm": GLCM,
    "rlm": _sizes({"sr": "short run", "lr": "long run"}, "run", grey="r", count="rl", of="run length")
    | {"r_perc": "run percentage"},
    "szm": _sizes({"sz": "small zone", "lz": "large zone"}, "zone", grey="z", count="zs", of="zone size")
    | {"z_perc": "zone percentage"},
    "dzm": _sizes(
        {"sd": "small distance", "ld": "large distance"}, "zone", grey="z", count="zd", of="zone distance"
    )
    | {"z_perc": "zone percentage"},
    "ngl": _sizes(
        {"ld": "low dependence", "hd": "high dependence"},
        "count",
        grey="c",
        count="dc",
        of="dependence count",
    )
    | {"dc_perc": "dependence count percentage"},
    "ngt": NGTDM,
    "stat": STATISTICS,
    "ih": STATISTICS,
    "ivh": IVH,
    "morph": SHAPE,
    "loc": {"peak_loc": "local intensity peak", "peak_glob": "global intensity peak"},
}


def words_of(feature: str) -> tuple[str, str]:
    """Return a feature in words and how it joins slices and directions; ('', '') where its name is not known."""
    found = TAG.match(feature)
    if found and found["tag"] in WORDS[found["stem"]]:
        words = f"{STEMS[found['stem']]} {WORDS[found['stem']][found['tag']]}".strip()
        across = " ".join(p for p in ((found["across"] or "").replace("_", "."), found["how"]) if p)
        return f"{words}, filter {found['filter']}" if found["filter"] else words, across
    found = NAMED.match(feature)
    if found is None:
        return "", ""
    tag, _, across = re.sub(r"_(2D|2_5D|3D)", r" in \1", found["tag"]).partition(" in ")
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", tag).lower()
    stem = STEMS.get(found["stem"], found["stem"].upper())
    return f"{stem} {spaced}".strip(), across.replace("2_5D", "2.5D").replace("_", " ")
