"""thoughts: leaves out what a model thinks aloud before it answers.

Invariant: takes time in proportion to the text, whatever tags it holds.
"""

import re

_TAG = re.compile(r"<(?P<end>/?)(?P<name>think|thinking|reasoning)>", re.IGNORECASE)


def leave_out_thoughts(text: str, *, cut_off: bool = False) -> str:
    """Leave out what stands between an opening tag and the next closing one of its name.

    Args:
        text: A model's response.
        cut_off: Whether a thought that is never closed reaches to the end; else its tag is text
            like any other, for JSON may quote one.
    """
    tags = list(_TAG.finditer(text))
    last = {tag["name"].lower(): tag.start() for tag in tags if tag["end"]}
    kept, place, inside = list[str](), 0, ""
    for tag in tags:
        name = tag["name"].lower()
        if inside:
            if tag["end"] and name == inside:
                inside, place = "", tag.end()
        elif not tag["end"] and (cut_off or last.get(name, -1) > tag.start()):
            kept.append(text[place : tag.start()])
            inside = name
    return "".join(kept) if inside else "".join([*kept, text[place:]])
