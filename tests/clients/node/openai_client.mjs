// The `openai` package, as its users use it.
import OpenAI from "openai";
import { baseURL, certifiable, hangUpWhenTold, hold, hopeless, model, question, stay, tell } from "./outside.mjs";

const client = new OpenAI({ baseURL, apiKey: "unused" });
const messages = [{ role: "user", content: question }];
const describe = (error) => ({ status: error.status, code: error.code, type: error.type });

await tell("certified", async () => {
  const done = await client.chat.completions.create({ model, messages, llm_modulo: certifiable });
  return {
    text: done.choices[0].message.content,
    id: done.id,
    fingerprint: done.system_fingerprint,
    certified: done.llm_modulo.certified,
    tokens: done.usage.total_tokens,
  };
}, describe);

await tell("refused", () => client.chat.completions.create({ model, messages, llm_modulo: hopeless }), describe);

const chat = async (problem, options) => {
  const stream = await client.chat.completions.create(
    { model, messages, stream: true, stream_options: { include_usage: true }, llm_modulo: problem },
    options,
  );
  const seen = { text: "", reasoning: "", finish: null, tokens: null };
  for await (const chunk of stream) {
    const choice = chunk.choices[0];
    seen.text += choice?.delta.content ?? "";
    seen.reasoning += choice?.delta.reasoning_content ?? "";
    seen.finish = choice?.finish_reason ?? seen.finish;
    seen.tokens = chunk.usage?.total_tokens ?? seen.tokens;
  }
  return seen;
};
await tell("streamed", () => chat(certifiable), describe);
await tell("stream-refused", () => chat(hopeless), describe);

await tell("responded", async () => {
  const done = await client.responses.create({ model, input: question, llm_modulo: certifiable });
  return { text: done.output_text, status: done.status };
}, describe);

await tell("passed", async () => {
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  return { text };
}, describe);

messages[0].content = hold;
await tell("cancelled", () => client.chat.completions.create(
  { model, messages, llm_modulo: certifiable }, { signal: hangUpWhenTold() },
), describe);
await stay();
