// Measures one peer in a process of its own: node node.js NAME WICKRA_WASM COUNT_WRONG
import { readFileSync } from "node:fs";
import { init } from "../../frontend-bindings/dist/esm/index.js";
import { measure } from "./measure.js";
import { loadWickra } from "./wickra.js";

const [name, wickraFile, countWrong] = process.argv.slice(2);
await init();
await loadWickra(readFileSync(wickraFile));
console.log(JSON.stringify(measure(name, { countWrong: countWrong === "true" })));
