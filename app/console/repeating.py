"""Repeating: a run's request as a command and as a script, for whoever wants to ask it again."""

import json
import shlex
from typing import Any

from app.engine import RunRecord
from backprompt.strategy import Strategy

MODEL = "default"
"""What a request says that names no model."""


def write_curl(record: RunRecord, base_url: str) -> str:
    """Write the request as a command."""
    if record.spec.task.conversation:
        path, body = "/v1/chat/completions", _chat(record)
    else:
        path, body = "/solve", _request(record)
    said = shlex.quote(json.dumps(body, ensure_ascii=False))
    return f"curl -s {base_url}{path} -H 'Content-Type: application/json' -d {said}"


def write_python(record: RunRecord, base_url: str) -> str:
    """Write the request for the OpenAI SDK."""
    body = _chat(record)
    messages = json.dumps(body["messages"], ensure_ascii=False, indent=4)
    extra = {name: body[name] for name in body if name not in {"model", "messages"}}
    return (
        "import json\n\n"
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{base_url}/v1", api_key="none")\n'
        f"messages = json.loads({_literal(messages)})\n"
        f"extra = json.loads({_literal(json.dumps(extra, ensure_ascii=False))})\n"
        f"answer = client.chat.completions.create(\n"
        f"    model={body['model']!r}, messages=messages, extra_body=extra\n"
        ")\n"
        "print(answer.choices[0].message.content)"
    )


def _request(record: RunRecord) -> dict[str, Any]:
    return record.spec.request.model_dump(mode="json", exclude_defaults=True)


def _chat(record: RunRecord) -> dict[str, Any]:
    """Write a run as a request of a chat; one that was none says its problem beside it."""
    asked, task = _request(record), record.spec.task
    wanted: dict[str, Any] = {"domain": asked["domain"]}
    wanted |= {key: asked[key] for key in ("problem", "budget") if key in asked}
    strategy = record.spec.strategy.model_dump(mode="json")
    usual = Strategy().model_dump(mode="json")
    chosen = {name: value for name, value in strategy.items() if value != usual[name]}
    if chosen:
        wanted["strategy"] = chosen
    said = [*task.conversation] or [{"role": "user", "content": asked.get("text") or "Solve it."}]
    return {
        "model": asked.get("model") or MODEL,
        "messages": said,
        **task.extra,
        "llm_modulo": wanted,
    }


def _literal(text: str) -> str:
    """Write a text so that Python reads the same."""
    return repr(text)
