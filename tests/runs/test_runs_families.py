"""Every kind of family fits the plan, the run folder and the page alike."""

from imagenomics.report.folder import FAMILY_SECTIONS, TABLES
from imagenomics.runs.associate import FILES
from imagenomics.runs.families.declared import KINDS
from imagenomics.runs.family_block import FamilyBlock
from imagenomics.runs.plan import Plan


def test_the_page_knows_every_kind_of_family() -> None:
    assert tuple(kind.section for kind in KINDS) == FAMILY_SECTIONS


def test_every_kind_is_a_section_of_the_plan_whose_blocks_are_families() -> None:
    for kind in KINDS:
        annotation = Plan.model_fields[kind.section].annotation
        (block, _) = annotation.__args__
        assert issubclass(block, FamilyBlock)


def test_the_page_reads_every_table_of_a_family() -> None:
    assert set(FILES) <= set(TABLES)


def test_what_step_down_and_refitting_cost_is_announced():
    from imagenomics.associate.survival.settings import CompareSettings
    from imagenomics.runs.families import costs

    models = [{"name": "a", "terms": ["x"]}, {"name": "b", "adds": ["y"]}]
    few = CompareSettings.model_validate({"name": "c", "models": models, "repeats": 1})
    many = few.model_copy(update={"repeats": 10})
    assert costs.fits_of_comparison(few) == 1 + 5 * (1 + 10)
    assert costs.fits_of_comparison(many) == 1 + 5 * (10 + 10 * 3)
    assert costs.STEP_DOWN > 1.0
