"""The one entry to molecules: settings and a path in, a table by patient out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from imagenomics.cohort.ids import check_text, read_participants
from imagenomics.cohort.settings import IdRule
from imagenomics.genomics.copy_number import copy_number_table
from imagenomics.genomics.fusions import fusion_table
from imagenomics.genomics.labels import label_table
from imagenomics.genomics.maf_table import maf_table
from imagenomics.genomics.matrix import read_matrix
from imagenomics.genomics.mutations import mutation_table
from imagenomics.genomics.number_matrix import number_table, preparation
from imagenomics.genomics.segments import segment_table
from imagenomics.genomics.settings import (
    CopyNumberSettings,
    FusionSettings,
    LabelSettings,
    MafSettings,
    MoleculeSettings,
    MutationSettings,
    SegmentSettings,
)
from imagenomics.genomics.specimens import Linking
from imagenomics.genomics.table import MoleculeTable


def load_molecules(
    settings: MoleculeSettings,
    *,
    path: Path,
    patients: Sequence[str] | None = None,
    rule: IdRule | None = None,
    resolve: Callable[[str], Path] = Path,
    min_match: float = 0.05,
) -> MoleculeTable:
    """Return what a block of molecules says about these patients.

    Parameters
    ----------
    settings : MoleculeSettings
        One `[[molecules]]` block.
    path : Path
        The file, with ``settings.path`` resolved by the caller.
    patients : sequence of str, optional
        Patient ids of the study; None takes every patient of the file. Patients without a row are in the
        losses and not in the table: ``table.patients(ids)`` adds them with missing values.
    rule : IdRule, optional
        The rule of the patients, used where the block declares none.
    resolve : callable
        Makes a path of any further path in the settings (sources of labels, participants.tsv).
    min_match : float
        See :func:`~imagenomics.cohort.link.link_patients`.

    Returns
    -------
    MoleculeTable

    Raises
    ------
    FileProblem
        ``IGX-TAB-010``, ``IGX-TAB-011`` the file is absent or cannot be read.
    InputError
        ``IGX-LINK-...`` ids do not match; ``IGX-COHORT-...`` the table cannot be used; ``IGX-GEN-...``.
    """
    chosen = settings.rule or rule or IdRule()
    labels = None
    if chosen.participants is not None and chosen.participants_id is not None:
        labels = read_participants(resolve(chosen.participants), column=chosen.participants_id)
    ids = None if patients is None else tuple(check_text(patients, side="patients"))
    linking = Linking(ids, chosen, labels, min_match)
    if isinstance(settings, LabelSettings):
        return label_table(settings, linking, path=path, resolve=resolve)
    if isinstance(settings, MafSettings):
        listed = resolve(settings.sequenced) if settings.sequenced is not None else None
        return maf_table(settings, linking, path=path, sequenced=listed)
    if isinstance(settings, FusionSettings):
        tested = resolve(settings.tested) if settings.tested is not None else None
        return fusion_table(settings, linking, path=path, tested=tested)
    if isinstance(settings, SegmentSettings):
        return segment_table(settings, linking, path=path)
    matrix = read_matrix(settings, path=path)
    if isinstance(settings, MutationSettings):
        return mutation_table(matrix, settings, linking)
    if isinstance(settings, CopyNumberSettings):
        return copy_number_table(matrix, settings, linking)
    prepare = preparation(settings, resolve=resolve, where=str(path))
    return number_table(matrix, settings, linking, prepare=prepare)
