"""Tree search over verified prefixes: `search: tree`; see `backprompt.tree.grow`."""
