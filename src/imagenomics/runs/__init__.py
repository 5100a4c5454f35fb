"""Stages that compose the rooms, the store that makes them resumable, and the run folder."""
