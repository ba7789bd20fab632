// `npm ci && npm run build`, by maintainers only. Writes ../static/vendor, which is committed: users need no Node.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";

const OUT = path.resolve(import.meta.dirname, process.argv[2] ?? "../static/vendor");
const MODULES = path.resolve(import.meta.dirname, "node_modules");

const readModule = (file) => fs.readFileSync(path.join(MODULES, file), "utf8");

function write(name, content) {
  const target = path.join(OUT, name);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}

function copy(source, name) {
  write(name, fs.readFileSync(path.join(MODULES, source)));
}

function copyFolder(source, name, keep = () => true) {
  for (const file of fs.readdirSync(path.join(MODULES, source)).filter(keep)) {
    copy(path.join(source, file), path.join(name, file));
  }
}

function htmx() {
  for (const [source, name] of [["htmx.min.js", "htmx.min.js"], ["ext/hx-sse.min.js", "hx-sse.min.js"]]) {
    // Source maps are not shipped: the comment that points to one would only cause a failing request.
    write(name, readModule(`htmx.org/dist/${source}`).replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
  }
}

async function katex() {
  await build({
    entryPoints: [path.join(import.meta.dirname, "math.js")],
    bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none", logLevel: "warning",
    outfile: path.join(OUT, "math.js"),
  });
  // woff2 only: every browser in use reads it, and the static files storage fails on a font that is absent.
  const css = readModule("katex/dist/katex.min.css").replace(/,url\([^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, "");
  write("katex/katex.min.css", css);
  copyFolder("katex/dist/fonts", "katex/fonts", (file) => file.endsWith(".woff2"));
}

function fonts() {
  const pretendard = "pretendard/dist/web/variable";
  copy(`${pretendard}/pretendardvariable-dynamic-subset.css`, "pretendard/pretendardvariable-dynamic-subset.css");
  copyFolder(`${pretendard}/woff2-dynamic-subset`, "pretendard/woff2-dynamic-subset");
  const mono = "jetbrains-mono-latin-wght-normal.woff2";
  copy(`@fontsource-variable/jetbrains-mono/files/${mono}`, `jetbrains-mono/${mono}`);
}

function icons() {
  const names = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, "icons.json"), "utf8"));
  const symbols = names.map((name) => {
    const shapes = readModule(`lucide-static/icons/${name}.svg`).match(/<svg[^>]*>(.*)<\/svg>/s)[1];
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s*\n\s*/g, "").trim()}</symbol>`;
  });
  write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
}

const SHIPPED = ["@fontsource-variable/jetbrains-mono", "htmx.org", "katex", "lucide-static", "pretendard"];
const LICENCES = { pretendard: "dist/LICENSE.txt" };

function licences() {
  const lock = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, "package-lock.json"), "utf8"));
  const packages = SHIPPED.map((name) => {
    const { version, license, integrity } = lock.packages[`node_modules/${name}`];
    return { name, version, license, integrity };
  });
  const notices = packages.map(({ name, version, license }) =>
    `${name} ${version} (${license})\n${"-".repeat(72)}\n${readModule(`${name}/${LICENCES[name] ?? "LICENSE"}`).trim()}\n`);
  write("THIRD_PARTY.txt", notices.join("\n\n"));
  return packages;
}

function files() {
  const names = fs.readdirSync(OUT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(OUT, path.join(entry.parentPath, entry.name)))
    .sort();
  const integrity = (name) =>
    `sha384-${createHash("sha384").update(fs.readFileSync(path.join(OUT, name))).digest("base64")}`;
  return Object.fromEntries(names.map((name) => [name, integrity(name)]));
}

fs.rmSync(OUT, { recursive: true, force: true });
htmx();
await katex();
fonts();
icons();
const packages = licences();
write("vendor.json", `${JSON.stringify({ packages, files: files() }, null, 2)}\n`);
