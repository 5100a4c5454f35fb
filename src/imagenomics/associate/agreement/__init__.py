"""How far readers, examinations or repetitions of the same patients agree, column by column."""
