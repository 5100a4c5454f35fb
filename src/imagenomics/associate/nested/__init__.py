"""Units inside patients: several biopsies, foci or lesions of one patient, tested together."""
