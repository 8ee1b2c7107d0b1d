// Types of docs/openapi.json as a frontend generates them, and a program that is held to them.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..", "..");
const modules = join(root, "node_modules");

/** Writes `api.d.ts` and the compiled `program` to `folder`; throws what the compiler says. */
export function compile(folder, program = join(here, "flows.mts")) {
  const types = join(folder, "api.d.ts");
  mkdirSync(folder, { recursive: true });
  run("openapi-typescript/bin/cli.js", join(root, "docs", "openapi.json"), "--default-non-nullable=false", "-o", types);
  const compilerOptions = {
    strict: true, noUncheckedIndexedAccess: true, target: "es2022",
    module: "nodenext", lib: ["es2022", "dom", "dom.asynciterable"], types: [],
    paths: { "#api": [types] }, rootDir: here, outDir: folder,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [program] }));
  run("typescript/bin/tsc", "-p", folder);
}

function run(script, ...options) {
  try {
    execFileSync("node", [join(modules, script), ...options], { stdio: "pipe" });
  } catch (error) {
    throw new Error(`${error.stdout}${error.stderr}`);
  }
}
