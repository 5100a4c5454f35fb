"""Terms explained in one sentence for a reader who does not do statistics."""

from __future__ import annotations

from imagenomics.report.html import Html, el

TERMS = {
    "AUC": "Area under the ROC curve: how often a patient with the finding gets a higher score than one "
    "without. 0.5 is a coin toss, 1 is perfect.",
    "C-index": "Harrell's C: of all pairs of patients of whom it is known who had the event first, the share that the "
    "scores order rightly. 0.5 is a coin toss, 1 is perfect.",
    "interval": "The range of values that fit these data (at 95% confidence, where nothing else is declared); a wide "
    "one means few patients.",
    "null": "The whole analysis was repeated with the answers shuffled between patients. The null p is the "
    "share of shuffled runs that did as well as the real one.",
    "adjusted null p": "The null p after a correction (Holm) for the number of declared questions; at most "
    "0.05 is needed for 'supported'.",
    "detectable": "The smallest true effect that this number of patients would have shown four times out of "
    "five. Optimistic: real studies need more. A smaller effect may exist and stay unseen here.",
    "q": "Of all pairs with a q this small, the expected share of false alarms. q 0.05: one in twenty.",
    "q of the target": "The same among the targets of a family, for the claim that a target goes with any feature at "
    "all. The verdict rests on it; it may lie above or below the q of a single pair.",
    "p": "How often an effect this large would appear if feature and target had nothing to do "
    "with each other.",
    "p_maxt": "p value that holds for all pairs of the family at once (maxT permutations).",
    "effect": "How strongly the feature follows the target, with its direction. Not at all is 0; for an AUC 0.5, for "
    "an odds ratio 1.",
    "calibration": "Of the patients who were given a probability of 70%, seven in ten should have it.",
    "baseline": "A prediction without the features (or genes): from clinical variables, or the lesion's volume.",
    "increment": "What the features (or genes) that predict add to a baseline. A good prediction that only "
    "repeats the volume adds nothing.",
    "comparison": "Two kinds of pictures of the same patients, each with a model of its own: which predicts better. "
    "The p says how often equally good ones would lie so far apart, had other patients been met.",
    "decision": "Net benefit: patients rightly treated less those wrongly treated, weighted by how much harm "
    "is accepted.",
    "left-out site": "Trained at all other sites, tested at this one: the closest to a new hospital.",
}
LABELS = {"p_maxt": "p maxT", "q": "q of the pair"}


def hint(term: str, label: str | None = None) -> Html:
    """Return a word that explains itself on hover, focus or tap."""
    tip = el("span.tip", TERMS[term], attrs={"role": "tooltip"})
    return el("span.hint", label or term, tip, attrs={"tabindex": "0"})


def glossary() -> Html:
    """Return all terms, for print and for phones."""
    rows = [[el("dt", LABELS.get(term, term)), el("dd", text)] for term, text in TERMS.items()]
    return el("details.glossary", el("summary", "Terms used on this page"), el("dl.facts", rows))
