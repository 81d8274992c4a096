import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { canRun } from "./recipe-programs.ts";
import { filledTemplate } from "./recipe-template.ts";
import { runProgram } from "./run-program.ts";

const hasAnalyze = canRun("systemd-analyze", "--version");

it.skipIf(!hasAnalyze)("the units of the recipes are what systemd takes (needs systemd-analyze)", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "hf-units-"));
  const present = "/bin/true";
  const units = {
    "rest-server.service": filledTemplate("rest-server.service", { "/usr/local/bin/rest-server": present }),
    "holdfast-pull@nas.service": filledTemplate("holdfast-pull@.service", { "/usr/local/sbin/holdfast-pull": present }),
    "holdfast-pull@nas.timer": filledTemplate("holdfast-pull@.timer", {}),
  };
  try {
    const verify = async () => {
      const files = Object.keys(units).map((name) => path.join(folder, name));
      for (const [name, text] of Object.entries(units)) writeFileSync(path.join(folder, name), text);
      const environment = { PATH: process.env["PATH"] ?? "", HOME: folder };
      return await runProgram(["systemd-analyze", "verify", "--man=no", ...files], environment);
    };
    expect(await verify()).toEqual({ code: 0, stdout: "", stderr: "" });
    units["rest-server.service"] = units["rest-server.service"].replace("UMask=0077", "UMask=many");
    expect((await verify()).stderr).toContain("Failed to parse");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
