"""How many decimals a number needs so that its print stands on the same side of chance as the number."""

from __future__ import annotations

MOST = 5


def decimals(value: float, chance: float, least: int = 2) -> int | None:
    """Return the fewest decimals that keep ``value`` on its side of ``chance`` in print.

    Parameters
    ----------
    value : float
        Finite number to be printed, such as the bound of an interval.
    chance : float
        What it is compared with: 0.5 for an AUC, 0 for a gain.
    least : int
        Decimals of a number that is far from chance.

    Returns
    -------
    int or None
        None where even five decimals would print chance itself.
    """
    for places in range(least, MOST + 1):
        shown = round(value, places)
        if (shown > chance) == (value > chance) and (shown < chance) == (value < chance):
            return places
    return None


def beside_chance(value: float, chance: float, least: int = 2) -> str:
    """Return a number in print; ``< 0.50`` where it cannot be told from chance by five decimals."""
    places = decimals(value, chance, least)
    if places is None:
        return f"{'<' if value < chance else '>'} {chance:.{least}f}"
    return f"{value:z.{places}f}"
