"""A certified plan, a stream and a refusal with the `openai` package; `OPENAI_BASE_URL` says where.

OPENAI_BASE_URL=http://localhost:8080/v1 python examples/clients/ask_openai.py
"""

import json
from pathlib import Path

import openai

PROBLEM = json.loads(Path("examples/pddl/tea/request.json").read_text("utf-8"))
ASK = {"model": "replay", "messages": [{"role": "user", "content": "Make me a cup of tea."}]}

with openai.OpenAI(api_key="unused") as client:
    done = client.chat.completions.create(**ASK, extra_body={"llm_modulo": PROBLEM})
    print("certified:", done.model_extra["llm_modulo"]["certified"])
    print(done.choices[0].message.content.splitlines()[0])

    stream = client.chat.completions.create(**ASK, extra_body={"llm_modulo": PROBLEM}, stream=True)
    for chunk in stream:
        delta = chunk.choices[0].delta
        print(getattr(delta, "reasoning_content", None) or "", end="")  # the rounds, as they go

    once = {**PROBLEM, "budget": {"rounds": 1}}
    try:
        client.chat.completions.create(**ASK, extra_body={"llm_modulo": once})
    except openai.UnprocessableEntityError as refusal:
        print("refused:", refusal.code)
