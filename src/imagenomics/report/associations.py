"""One block for each declared family: heat map, volcano, the strongest pairs and their patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagenomics.report.adjusted import adjusted_tables
from imagenomics.report.clusters import cluster_blocks
from imagenomics.report.distributions import people_data, strongest_pairs
from imagenomics.report.effect_map import effect_map
from imagenomics.report.families import Family, read_families
from imagenomics.report.folder import FAMILY_SECTIONS, Results
from imagenomics.report.heatmap import LEAST_CELLS, MOST_CELLS, heatmap_data, volcano_data
from imagenomics.report.html import Html, el, embed_json
from imagenomics.report.lesion_maps import lesion_maps
from imagenomics.report.post_hoc import level_table
from imagenomics.report.replication import forest_plots
from imagenomics.report.roc import marker_part
from imagenomics.report.strata import stratum_plots
from imagenomics.report.strongest import pair_cards, pairs_table
from imagenomics.report.text import many, met, p_value
from imagenomics.report.wording import Wording, wording_of

MOST_REASONS = 3
Data = dict[str, Any]


def association_section(results: Results) -> Html | None:
    """Return the section of associations, None where the study declares none."""
    wording = wording_of(results)
    grouped = cluster_blocks(results, wording)
    names = {str(block.get("name")) for block in results.blocks("clusters")}
    families = [f for f in read_families(results) if f.analysis not in names]
    if not families and grouped:
        return el("div", grouped)
    if not families:
        if not results.declares(*FAMILY_SECTIONS):
            return None
        return el("p.absent", "No association was tested in this run: the run stopped before.")
    share = max(LEAST_CELLS, MOST_CELLS // len(families))
    heats = [heatmap_data(f, results.table("features.columns.parquet"), most_cells=share) for f in families]
    people = _people(results, families, heats)
    blocks = [
        _block(family, heats[i], i, people=people, wording=wording, parts=_parts(results, family, wording))
        for i, family in enumerate(families)
    ]
    side_by_side = adjusted_tables(families, wording)
    paired = (
        el("div.block.plain-block", el("h3", "With and without adjustment"), side_by_side)
        if side_by_side
        else None
    )
    return el("div", paired, blocks, grouped, embed_json("people", people) if people else None)


def _parts(results: Results, family: Family, wording: Wording) -> list[Html | None]:
    """Return what only some kinds of families have."""
    return [
        effect_map(results, family),
        forest_plots(results, family),
        stratum_plots(results, family),
        lesion_maps(results, family),
        marker_part(results, family, wording),
        level_table(results, family, wording),
    ]


def _people(results: Results, families: Sequence[Family], heats: Sequence[Data]) -> Data | None:
    """Return the patients behind the pairs that can be picked: the strongest of each family first."""
    pairs = [pair for family in families for pair in strongest_pairs(family)]
    features = [str(p["feature"]) for p in pairs] + _by_turns([heat["features"] for heat in heats])
    targets = [str(p["target"]) for p in pairs] + [t[0] for heat in heats for t in heat["targets"]]
    return people_data(results, features, targets)


def _by_turns(lists: Sequence[Sequence[Sequence[str]]]) -> list[str]:
    """Return the first names of all lists, then the second ones, and so on."""
    longest = max(map(len, lists), default=0)
    return [names[i][0] for i in range(longest) for names in lists if i < len(names)]


def needs_plotly(results: Results) -> bool:
    """Tell whether the page has interactive charts."""
    table = results.table("associations.parquet")
    names = {str(block.get("name")) for block in results.blocks("clusters")}
    return bool(table.loc[~table["analysis"].astype(str).isin(names), "p"].notna().any())


def _block(
    family: Family, heat: Data, i: int, *, people: Data | None, wording: Wording, parts: Sequence[Html | None]
) -> Html:
    title = el("summary.block-head", el("span", family.name), el("small", family.adjustment))
    if family.tested.empty:
        reasons = "; ".join(sorted(set(family.rows["reason"].astype(str)) - {""}))[:500]
        return el(
            "details.block",
            title,
            el("p.absent", f"No pair could be tested. {reasons}"),
            attrs={"open": True},
        )
    return el(
        "details.block",
        title,
        el("p.lead", _sentence(family, wording)),
        _maps_of_pairs(family, heat, i, people=people),
        el("h4", "Strongest pairs"),
        pairs_table(family, wording),
        parts,
        None if family.mapped else pair_cards(family, people, wording),
        attrs={"open": i < 3},
    )


def _maps_of_pairs(family: Family, heat: Data, i: int, *, people: Data | None) -> list[Html]:
    """Return heat map and volcano of a family; none of lesion maps, whose features no patient has a value of."""
    if family.mapped:
        return []
    return [
        _heatmap(heat, i, picks=people is not None, modifier=family.modifier),
        _volcano(
            family, i, {names[0]: names[-1] for side in ("features", "targets") for names in heat[side]}
        ),
    ]


def _sentence(family: Family, wording: Wording) -> list[str]:
    tested, passing = family.tested, family.passing
    n_features, n_targets = tested["feature"].nunique(), tested["target"].nunique()
    said = f" for a difference along {family.modifier}" if family.modifier else ""
    pairs, tests = family.counts
    sides = met(tests, (n_features, "feature"), (n_targets, "target")) if pairs == len(family.rows) else ""
    size = f"{many(tests, 'pair')} tested{said}{sides}"
    more = (
        f"; {many(pairs - tests, 'pair')} could not be tested{_why_untested(family)}" if pairs > tests else ""
    )
    if pairs > len(family.rows):
        more += f"; the {len(tested):,} with the smallest p have rows"
    if passing.empty:
        best = tested.iloc[0]
        return [
            f"{size}{more}. No pair passes a false discovery rate of {family.alpha:.0%}: the smallest q is "
            f"{p_value(tested['q'].min())} ({wording.name(best['feature'])} with {best['target']}). ",
            f"Among {many(tests, 'pair')} chance alone gives p values like those below.",
        ]
    targets = passing["target"].nunique()
    return [
        f"{size}{more}. {many(len(passing), 'pair')} of {many(targets, 'target')} "
        f"{'passes' if len(passing) == 1 else 'pass'} a false discovery rate of {family.alpha:.0%}. "
        "Pairs are judged one by one here; the verdict judges each target as a whole, with all its features, and is "
        "stricter."
    ]


def _why_untested(family: Family) -> str:
    """Return the reasons of pairs without a test, the commonest first; '' where no row says why."""
    without = family.rows[family.rows["p"].isna()]
    reasons = without["reason"].astype(str)
    counts = reasons[reasons != ""].value_counts()
    said = [f"{n:,}: {reason}" for reason, n in counts.head(MOST_REASONS).items()]
    left = len(without) - int(counts.head(MOST_REASONS).sum())
    said += [f"{left:,}: other reasons"] if said and left else []
    return f" ({'; '.join(said)})" if said else ""


def _heatmap(data: Data, i: int, *, picks: bool, modifier: str) -> Html:
    features, targets = len(data["features"]), len(data["targets"])
    all_features, all_targets = data["all"]
    left = []
    if all_features > features:
        left.append(f"{all_features - features:,} weaker features")
    if all_targets > targets:
        left.append(f"{all_targets - targets:,} weaker targets")
    note = f"{' and '.join(left)} are not on the page; associations.parquet has them all." if left else ""
    pick = el("span.screen-only", "Click a cell to see its patients. ") if picks else None
    controls = el(
        "div.controls.screen-only",
        _select("colour", {"p": "−log₁₀ p, signed", "e": "effect"}),
        _select("order", {"strength": "strongest first", "group": "by image and family"}),
        _select("rows", _sizes(features, (20, 40, 80, 160)), label="features"),
        _select("columns", _sizes(targets, (15, 40, 80)), label="targets"),
        el(
            "label",
            el("span", "find"),
            el("input", attrs={"type": "search", "data-role": "find", "placeholder": "feature or target"}),
        ),
    )
    return el(
        "div.chart-block",
        el(
            "h4",
            f"Which pairs differ along {modifier}" if modifier else "Which features follow which targets",
        ),
        controls,
        el("div.plot-scroll", el("div.plot", attrs={"data-chart": "heatmap", "data-source": f"heat-{i}"})),
        el(
            "p.note",
            f"A dot marks pairs with q of at most {data['passes']:g}. ",
            pick,
            el("span.shown"),
            " ",
            note,
        ),
        el("div.picked.screen-only"),
        embed_json(f"heat-{i}", data),
    )


def _volcano(family: Family, i: int, short: dict[str, str]) -> Html:
    data = volcano_data(family, short)
    drawn, whole = len(data["x"]), data["all"]
    thinned = (
        f"{whole - drawn:,} of {whole:,} pairs lie on top of others and are not drawn. "
        if whole > drawn
        else ""
    )
    kinds = {
        str(k): f"{kind[0] or 'effect'} ({many(n, 'pair')})"
        for k, (kind, n) in enumerate(zip(data["kinds"], data["counts"], strict=True))
    }
    controls = (
        el("div.controls.screen-only", _select("kind", kinds, label="effect")) if len(kinds) > 1 else None
    )
    return el(
        "div.chart-block",
        el("h4", "All pairs at once"),
        controls,
        el("div.plot", attrs={"data-chart": "volcano", "data-source": f"volcano-{i}"}),
        el("p.note", f"{thinned}Up: harder to explain by chance. Left and right: direction and strength."),
        el("div.picked.screen-only"),
        embed_json(f"volcano-{i}", data),
    )


def _sizes(n: int, steps: Sequence[int]) -> dict[str, str]:
    sizes = {str(s): str(s) for s in steps if s < n}
    return {**sizes, str(n): f"all {n:,}"}


def _select(role: str, options: dict[str, str], *, label: str | None = None) -> Html:
    made = [el("option", text, attrs={"value": value}) for value, text in options.items()]
    return el("label", el("span", label or role), el("select", made, attrs={"data-role": role}))
