// The same in a page: run.js calls window.measurePeer.
import { init } from "../../frontend-bindings/dist/esm/index.js";
import { measure } from "./measure.js";
import { loadWickra } from "./wickra.js";

window.measurePeer = async (name) => {
  await init("/alpha_kite_bg.wasm");
  await loadWickra(await (await fetch("/wickra.wasm")).arrayBuffer());
  return measure(name, { countWrong: false });
};
