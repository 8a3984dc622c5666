// Runs one browser test by name: `node run.mjs NAME [ARGUMENT...]`. Whoever starts it runs the server.
//
// Never judges by output: the exit status says whether the test passed.

import { close } from "./harness.mjs";

const [name, ...rest] = process.argv.slice(2);
let status = 0;
try {
  const { [name]: run } = await import(`./cases/${name}.mjs`);
  await run(...rest);
} catch (problem) {
  console.error(problem.stack ?? problem);
  status = 1;
}
await close().catch((problem) => console.error(problem));
process.exit(status);
