"""Settings of the console, beside the other groups."""

from pathlib import Path

from app.setting_groups import Group


class ConsoleSettings(Group):
    """The pages that people look at."""

    enabled: bool = True
    """Serve the console at `/console`."""
    content: bool = True
    """Show prompts, responses and rejected answers. Without it, pages show verdicts, codes, counts
    and certified answers only."""
    bench_dir: Path | None = None
    """Folder with reports of `modulo bench`, or with folders of them, that the console shows."""
