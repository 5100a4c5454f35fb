"""Who: ids and how they are read, linking, time intervals, patient flow, clinical variables."""
