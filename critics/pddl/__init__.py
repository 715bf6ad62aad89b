"""Classical planning in PDDL: an exact, lifted validator of sequential plans."""
