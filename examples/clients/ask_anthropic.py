"""A certified plan with the `anthropic` package; `ANTHROPIC_BASE_URL` says where.

ANTHROPIC_BASE_URL=http://localhost:8080 python examples/clients/ask_anthropic.py
"""

import json
from pathlib import Path

import anthropic

PROBLEM = json.loads(Path("examples/pddl/tea/request.json").read_text("utf-8"))
ASK = {
    "model": "replay",
    "max_tokens": 4096,
    "messages": [{"role": "user", "content": "Make me a cup of tea."}],
}

with anthropic.Anthropic(api_key="unused") as client:
    done = client.messages.create(**ASK, extra_body={"llm_modulo": PROBLEM})
    print("certified:", done.model_extra["llm_modulo"]["certified"])
    print(done.content[0].text.splitlines()[0])

    once = {**PROBLEM, "budget": {"rounds": 1}}
    try:
        client.messages.create(**ASK, extra_body={"llm_modulo": once})
    except anthropic.UnprocessableEntityError as refusal:
        print("refused:", refusal.error_code)
