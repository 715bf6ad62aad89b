// A critic behind llm-modulo's HTTP contract: judges regular expressions with Node's own engine.
//
// Request:  {"contract": 1, "domain", "problem": {"match": [], "reject": []}, "candidate"}
// Response: {"contract": 1, "service", "version", "verdict", "diagnostics", "undecided"}
//
// The expression comes from a model, so it runs under a time limit: one that takes too long is
// `unknown`, neither accepted nor rejected.

import { createServer } from "node:http";
import { runInNewContext } from "node:vm";

const SERVICE = "regex-in-node";
const VERSION = "1.0";
const MAX_BYTES = 4_000_000;
const LIMIT_MS = 500;

function answer(verdict, diagnostics = [], undecided = []) {
  return { contract: 1, service: SERVICE, version: VERSION, verdict, diagnostics, undecided };
}

function reject(code, headline) {
  return answer("rejected", [{ code, headline }]);
}

function read(candidate) {
  const found = /^\/(.+)\/([dgimsuvy]*)$/s.exec(candidate.trim());
  if (!found) return null;
  try {
    return new RegExp(found[1], found[2].replaceAll(/[gy]/g, ""));
  } catch {
    return null;
  }
}

function judge({ match, reject: avoid }, candidate) {
  const expression = read(candidate);
  if (!expression) {
    return reject("regex-syntax", "the answer is no regular expression between slashes");
  }
  const texts = [...match, ...avoid];
  let found;
  try {
    found = runInNewContext("texts.map((text) => expression.test(text))", { texts, expression }, {
      timeout: LIMIT_MS,
    });
  } catch {
    return answer("unknown", [], ["an expression that takes too long"]);
  }
  const diagnostics = texts.flatMap((text, index) => {
    const wanted = index < match.length;
    if (found[index] === wanted) return [];
    const shown = JSON.stringify(text).slice(0, 100);
    return wanted
      ? [{ code: "regex-misses", headline: `it does not match ${shown}` }]
      : [{ code: "regex-matches", headline: `it matches ${shown}, which it must not` }];
  });
  return answer(diagnostics.length ? "rejected" : "accepted", diagnostics.slice(0, 100));
}

function reply(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(text);
}

const server = createServer((request, response) => {
  const parts = [];
  let size = 0;
  request.on("data", (part) => {
    size += part.length;
    if (size > MAX_BYTES) request.destroy();
    else parts.push(part);
  });
  request.on("end", () => {
    try {
      const asked = JSON.parse(Buffer.concat(parts).toString("utf8"));
      if (request.method !== "POST" || asked.contract !== 1) throw new Error("contract");
      reply(response, 200, judge(asked.problem, asked.candidate));
    } catch {
      reply(response, 400, { error: "the request breaks the contract" });
    }
  });
});

server.listen(Number(process.env.PORT ?? 7077), "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
