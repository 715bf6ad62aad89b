// The Vercel AI SDK, as its users use it.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import { baseURL, certifiable, hangUpWhenTold, hold, hopeless, model, question, stay, tell } from "./outside.mjs";

const modulo = createOpenAICompatible({ name: "modulo", baseURL, apiKey: "unused", includeUsage: true });
const ask = (problem, prompt = question) => ({
  model: modulo(model),
  prompt,
  providerOptions: { modulo: { llm_modulo: problem } },
});
const describe = (error) => ({
  status: error.statusCode,
  code: error.data?.error?.code,
  type: error.data?.error?.type,
});

await tell("certified", async () => {
  const done = await generateText(ask(certifiable));
  return { text: done.text, id: done.response.id, finish: done.finishReason, tokens: done.usage.totalTokens };
}, describe);

await tell("refused", () => generateText(ask(hopeless)), describe);

const stream = async (problem) => {
  const seen = { text: "", reasoning: "", finish: null, chunks: 0, tokens: null };
  const result = streamText({ ...ask(problem), onError: () => {} });
  for await (const part of result.fullStream) {
    if (part.type === "text-delta") {
      seen.text += part.text;
      seen.chunks += 1;
    } else if (part.type === "reasoning-delta") seen.reasoning += part.text;
    else if (part.type === "error") throw Object.assign(new Error("stream"), { data: { error: part.error } });
    else if (part.type === "finish") {
      seen.finish = part.finishReason;
      seen.tokens = part.totalUsage.totalTokens;
    }
  }
  return seen;
};
await tell("streamed", () => stream(certifiable), describe);
await tell("stream-refused", () => stream(hopeless), describe);
await tell("passed", async () => ({ text: (await generateText({ model: modulo(model), prompt: question })).text }), describe);
await tell("cancelled", () => generateText({ ...ask(certifiable, hold), abortSignal: hangUpWhenTold() }), describe);
await stay();
