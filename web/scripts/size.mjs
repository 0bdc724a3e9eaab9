// Fails if the first screen needs more than 90 KB of JavaScript (gzip).
import { readFileSync, statSync } from "node:fs";

const LIMIT = 90 * 1024;
const page = readFileSync("dist/index.html", "utf8");
const scripts = [...page.matchAll(/(?:src|href)="(?:\.?\/)?(assets\/[^"]+\.js)"/g)].map((match) => match[1]);
const bytes = scripts.map((path) => statSync(`dist/${path}.gz`).size).reduce((sum, size) => sum + size, 0);
console.log(
  `First screen: ${(bytes / 1024).toFixed(1)} KB of JavaScript (gzip) in ${scripts.length} file(s)`,
);
if (scripts.length === 0 || bytes > LIMIT) {
  console.error(`That is over the limit of ${LIMIT / 1024} KB, or there is no script at all.`);
  process.exit(1);
}
