import { Failure } from "../../base/failure.ts";
import { keyFindings } from "../../config/key-findings.ts";
import { configurationSchema } from "../../config/schema.ts";
import { showConfiguration } from "../../config/show.ts";
import type { CommandAction } from "../invocation.ts";
import { loadConfiguration, secretSources } from "../load-configuration.ts";
import { counted } from "../render/figures.ts";
import { findingLine } from "../render/finding-line.ts";
import { secretReferencesOf, tryReference } from "../try-secrets.ts";

/** `holdfast config validate`: the file, then each secret it refers to. Exit 78 on the first kind of fault, all named. */
export const configValidate: CommandAction = async (invocation) => {
  const { configuration, file } = await loadConfiguration(invocation);
  const sources = secretSources(invocation);
  const references = secretReferencesOf(configuration);
  const faults: Failure[] = [];
  for (const reference of references) {
    const fault = await tryReference(reference, sources);
    if (fault !== null) faults.push(fault);
  }
  const [first] = faults;
  if (first !== undefined) {
    throw new Failure({
      kind: "config",
      action: "use",
      subject: file,
      problem: `${counted(faults.length, "secret")} cannot be read\n${faults.map((fault) => `  ${fault.message}\n    ${fault.hint}`).join("\n")}`,
      hint: faults.length === 1 ? first.hint : "mend each as it says above, then: holdfast config validate",
    });
  }
  const { screen } = invocation;
  screen.line(
    `${file}: ${counted(configuration.repositories.size, "repository", "repositories")}, ${counted(references.length, "secret")}, all in order`,
  );
  const findings = keyFindings(configuration);
  for (const finding of findings) screen.line(findingLine(finding));
  screen.line("Next:  holdfast snapshots");
  return {
    exitCode: 0,
    result: { file, repositories: [...configuration.repositories.keys()], secrets: references.length, findings },
  };
};

/** `holdfast config show`. */
export const configShow: CommandAction = async (invocation) => {
  const { configuration } = await loadConfiguration(invocation);
  for (const finding of keyFindings(configuration)) invocation.screen.note(findingLine(finding));
  process.stdout.write(showConfiguration(configuration));
  return { exitCode: 0, result: null };
};

/** `holdfast config schema`. */
export const configSchema: CommandAction = () => {
  process.stdout.write(`${JSON.stringify(configurationSchema(), null, 2)}\n`);
  return Promise.resolve({ exitCode: 0, result: null });
};
