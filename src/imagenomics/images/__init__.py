"""Pictures in: volumes and masks, their geometry, their intensities. No feature is computed here."""
