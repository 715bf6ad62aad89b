// What the clients of this folder share: each thing a client does becomes one line of JSON.
import { once } from "node:events";
import { createInterface } from "node:readline";

export const [, , baseURL, problems] = process.argv;
export const { certifiable, hopeless } = JSON.parse(problems);
export const model = "served-model";
export const question = "Which word is it?";
export const hold = "Take your time.";

const lines = createInterface({ input: process.stdin });

/** Run a case and tell what came of it; a thrown error is an outcome, too. */
export async function tell(name, work, describe) {
  let outcome;
  try {
    outcome = await work();
  } catch (error) {
    outcome = { error: error.name === "Error" ? error.constructor.name : error.name, ...describe(error) };
  }
  console.log(JSON.stringify({ case: name, ...outcome }));
}

/** Abort once a line arrives: by then the model holds its answer back. */
export function hangUpWhenTold() {
  const controller = new AbortController();
  lines.once("line", () => controller.abort());
  return controller.signal;
}

/** Stay, so that connections are closed by the client and not by the end of its process. */
export async function stay() {
  await once(lines, "close");
}
