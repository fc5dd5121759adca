// Answers lines of [function, argument] with lines of {value} or {error}: see tests/javascript.py.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [runner, root] = process.argv.slice(2);
const functions = await (await import(pathToFileURL(runner))).default(pathToFileURL(root).href);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, argument] = JSON.parse(line);
  let answer;
  try {
    answer = { value: await functions[name](argument) };
  } catch (error) {
    const { name: kind, code, fault, message } = error;
    answer = { error: { name: kind, code, fault, message, stack: error.stack } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
