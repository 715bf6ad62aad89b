"""Codes of failures that only the command line knows, with their long explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from app.service_code import ServiceCode

COMMAND_CODES: Mapping[str, ServiceCode] = MappingProxyType(
    {
        "usage": ServiceCode(
            "The command cannot be carried out as typed",
            "A file is missing or unreadable, or options do not fit together.",
            "See `modulo COMMAND --help`.",
            400,
        ),
        "bench-invalid": ServiceCode(
            "The benchmark cannot be read",
            "A suite, a file of problems or a recording is missing, is not what it should be, or "
            "names what there is not. Nothing was run.",
            "Repair the file at the place that the message names; docs/bench.md describes them.",
            422,
        ),
        "bench-unrecorded": ServiceCode(
            "Nothing is recorded of the problem",
            "An upstream of kind `replay` has no conversation about the problem, so the cell is "
            "left out of the report's counts.",
            "Record one, or run the problem with another upstream.",
            422,
        ),
        "bench-changed": ServiceCode(
            "The folder belongs to another suite",
            "The results in the folder were made with another suite, or with another version of "
            "the same one. Mixed, they would compare what is not alike. Nothing was run.",
            "Go on with `--extend`, which keeps unchanged cells, or begin anew in another `--out`.",
            409,
        ),
        "bench-busy": ServiceCode(
            "Another process is running the benchmark",
            "One process at a time writes to a folder of results.",
            "Wait for the other process, or use another `--out`.",
            409,
        ),
        "export-empty": ServiceCode(
            "There is nothing to learn from",
            "None of the runs and problems gives a row of the wanted format, or filters leave none "
            "over. Nothing was written. The message counts what was left out, by reason; the card "
            "of a data set explains the reasons.",
            "Widen the filters, or take another `--format`.",
            422,
        ),
    }
)
