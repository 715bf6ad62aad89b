"""`modulo config`: the resolved settings."""

from app.cli.terminal import reported, show, show_json, show_table
from app.settings import config_file, load_settings, resolve


def show_config(*, as_json: bool) -> None:
    """Print every setting with its value and source."""
    with reported(as_json=as_json):
        rows = list(resolve(load_settings()))
        if as_json:
            show_json({name: {"value": value, "source": source} for name, value, source in rows})
            return
        show_table(
            (name, "-" if value is None else str(value), source) for name, value, source in rows
        )
        show(f"file: {config_file() or 'none (`modulo.toml` here, or MODULO_CONFIG)'}")
