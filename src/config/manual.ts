import { secretForms } from "./field-types.ts";
import { configurationSchema } from "./schema.ts";

/** A node of the definition's JSON Schema, as far as the manual reads it. */
interface Node {
  readonly title?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | false;
}

/** docs/configuration.md: where the file is looked for, how secrets are referred to, and every key of the definition. */
export function configurationManual(): string {
  return `${[...opening, ...sections(configurationSchema(), [])].join("\n")}\n`;
}

const opening = [
  "# The configuration",
  "",
  "<!-- Made from src/config/schema.ts by test/config/manual.test.ts; to write it anew: vitest -u -->",
  "",
  "One YAML file per host. `templates/config.yaml` is one to start from; `holdfast config validate` checks a file and tries its",
  "secrets, `holdfast config show` prints what is in force, defaults marked. Holdfast never writes to the file.",
  "",
  "## Where it is looked for",
  "",
  "1. `--config FILE`",
  "2. `$HOLDFAST_CONFIG`",
  "3. `$XDG_CONFIG_HOME/holdfast/config.yaml`; where that variable is not set: `~/.config/holdfast/config.yaml`",
  "4. `/etc/holdfast/config.yaml`",
  "",
  "The first two stand alone: where one names a file that is not there, Holdfast looks no further. It never looks in the current",
  "directory.",
  "",
  "Plans, journals, evidence and records are kept elsewhere: in `--state-dir DIR`, else `$XDG_STATE_HOME/holdfast`, else, as root,",
  "`/var/lib/holdfast`, else `~/.local/state/holdfast`.",
  "",
  "## Secrets",
  "",
  `The file holds no secret, only where each is found: ${secretForms}. The secret itself is refused.`,
  "",
  "| reference | the secret is |",
  "|---|---|",
  "| `env:NAME` | the value of the environment variable NAME |",
  "| `file:/PATH` | the text of the file, which others must not be able to read: `chmod 600 /PATH` |",
  "| `command:LINE` | the first line that the command prints within 30 s; quotes and backslashes as in a shell, but no shell is run |",
  "| `credential:NAME` | the systemd credential NAME: `LoadCredential=NAME:FILE` in the unit, found through `$CREDENTIALS_DIRECTORY` |",
  "",
  "White space around what a file, a command or a credential gives is dropped.",
  "",
  "## An editor that knows the keys",
  "",
  "`holdfast config schema > holdfast.schema.json` beside the file, and as the file's first line:",
  "",
  "```yaml",
  "# yaml-language-server: $schema=./holdfast.schema.json",
  "```",
  "",
  "## The keys",
  "",
  "An unknown key is an error, and so is a key that stands twice. In the places below NAME is a name of your choice (letters,",
  "digits, dots, dashes, underscores) and ROLE one of the keys of `keys`.",
];

/** One table for each map, outer maps first; maps with the same keys (the roles) share one. */
function sections(node: Node, path: readonly string[]): readonly string[] {
  const { properties, additionalProperties } = node;
  if (properties === undefined) {
    return additionalProperties ? sections(additionalProperties, [...path, "NAME"]) : [];
  }
  const inner = Object.entries(properties).filter(([, child]) => child.type === "object");
  const shapes = new Set(inner.map(([, child]) => JSON.stringify(child.properties)));
  const [first] = inner;
  const areAlike = first !== undefined && inner.length > 1 && shapes.size === 1;
  return [
    ...table(node, path),
    ...(areAlike
      ? sections(first[1], [...path, "ROLE"])
      : inner.flatMap(([name, child]) => sections(child, [...path, name]))),
  ];
}

function table({ properties = {}, required = [] }: Node, path: readonly string[]): readonly string[] {
  return [
    "",
    `### ${path.length === 0 ? "The file" : `\`${path.join(".")}\``}`,
    "",
    "| key | type | default | what it says |",
    "|---|---|---|---|",
    ...Object.entries(properties).map(([name, child]) => {
      const cells = [`\`${name}\``, typeOf(child), defaultOf(child, required.includes(name)), child.description ?? ""];
      return `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
    }),
  ];
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(", ");
  if (node.title !== undefined) return node.title;
  if (node.type === "boolean") return "`true` or `false`";
  if (node.type === "object") return "map";
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = node;
  return maximum === Number.MAX_SAFE_INTEGER
    ? `whole number, at least ${minimum}`
    : `whole number, ${minimum} to ${maximum}`;
}

function defaultOf(node: Node, isRequired: boolean): string {
  if (node.default !== undefined) return `\`${node.default}\``;
  return isRequired ? "must be given" : "–";
}
