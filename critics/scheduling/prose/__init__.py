"""Exact parsers for prompts of Natural Plan (google-deepmind/natural-plan): prose to payload.

Each parser reads sentence by sentence what it knows, in any order the wording allows, and reads
all of a text or nothing of it.
"""
