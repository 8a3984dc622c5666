// Runs the probe's wasm under node and prints one `name value` a line, as the native probe does.
// Usage: node probe.mjs FILE.wasm ROUNDS

import { readFile } from "node:fs/promises";

const [file, rounds] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file), {});
for (const [name, run] of Object.entries(instance.exports)) {
    if (!name.endsWith("_hash")) continue;
    // A 64-bit result arrives as a signed BigInt.
    console.log(name, BigInt.asUintN(64, run(Number(rounds))).toString());
}
