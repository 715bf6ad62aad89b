"""`modulo sandbox`: prepares and tries what programs that models write are run in."""

from app.cli.exits import Exit
from app.cli.terminal import note, quit_with, reported, show_json, show_table
from critics.code.probe import probe


def try_sandboxes(*, as_json: bool) -> None:
    """Print which sandboxes work here; the first that does is used."""
    with reported(as_json=as_json):
        found = probe()
        if as_json:
            show_json([one.model_dump(mode="json") for one in found])
        else:
            show_table([(p.sandbox, p.python, "works" if p.works else p.why) for p in found])
        if any(one.works for one in found):
            return
        note("install the extra: pip install 'llm-modulo[sandbox]'; or bubblewrap: bwrap")
        quit_with(Exit.UNSUPPORTED)
