"""bench: problems x strategies x upstreams, run once each and reported side by side."""
