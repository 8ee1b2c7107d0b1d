import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compile } from "./compiled.mjs";

test("a frontend's program is typed by the API's description alone", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "openward-client-"));
  context.after(() => rmSync(folder, { recursive: true }));

  compile(folder);
});
