// Runs before the first paint, in the words of the oldest browsers: sets the remembered theme (its key is also in src/ui/theme.ts), so
// that the page does not flash, and marks a browser that cannot run the page. The bytes are a module with one vector instruction.
function prepare() {
  var root = document.documentElement;
  var theme = null;
  var able = false;
  var probe;
  try {
    theme = localStorage.getItem("alpha-kite-theme");
  } catch (_) {}
  if (theme !== "light" && theme !== "dark") {
    theme = window.matchMedia && matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  }
  root.setAttribute("data-theme", theme);
  try {
    probe = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12];
    while (probe.length < 42) probe.push(0);
    probe.push(11);
    able =
      WebAssembly.validate(new Uint8Array(probe)) &&
      typeof BigInt64Array === "function" &&
      typeof TextDecoderStream === "function" &&
      typeof Array.prototype.at === "function";
  } catch (_) {}
  if (!able) root.setAttribute("data-old", "");
}
prepare();
