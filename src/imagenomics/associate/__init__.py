"""Association: which feature goes with which molecule, tested pair by pair on the patients who have both."""
