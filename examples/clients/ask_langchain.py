"""A certified plan with `langchain-openai`; `OPENAI_BASE_URL` says where.

OPENAI_BASE_URL=http://localhost:8080/v1 python examples/clients/ask_langchain.py
"""

import json
import os
from pathlib import Path

from langchain_openai import ChatOpenAI

PROBLEM = json.loads(Path("examples/pddl/tea/request.json").read_text("utf-8"))

chat = ChatOpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://localhost:8080/v1"),
    api_key="unused",
    model="replay",
    extra_body={"llm_modulo": PROBLEM},
)
said = chat.invoke("Make me a cup of tea.")
print(said.text.splitlines()[0])
print(said.response_metadata["system_fingerprint"].rpartition(":")[0])
