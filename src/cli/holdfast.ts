#!/usr/bin/env node
import manifest from "../../package.json" with { type: "json" };
import { startOnBundledNode } from "./bundled-node.ts";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  startOnBundledNode(manifest.engines.node);
} else if (process.argv.length === 3 && process.argv[2] === "--version") {
  process.stdout.write(`${manifest.version}\n`);
} else {
  const { main } = await import("./main.ts");
  await main(manifest.version);
}
