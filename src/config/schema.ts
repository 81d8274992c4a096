import * as z from "zod";
import { roles } from "../base/role.ts";
import { backupSchema } from "./backup-schema.ts";
import { absolutePath, choice, durationText, locationText, secretReferenceText, text } from "./field-types.ts";
import { retentionSchema } from "./retention-schema.ts";
import { knownProviders } from "./known-providers.ts";

const keySchema = z.strictObject(
  {
    "access-key": secretReferenceText().describe("Where the key's id is found."),
    "secret-key": secretReferenceText().describe("Where the key's secret is found."),
    "session-token": secretReferenceText().optional().describe("Where the token of a key that expires (STS) is found."),
  },
  { error: () => "must be a map of access-key, secret-key and, for a key that expires, session-token" },
);

const keysSchema = z
  .strictObject(
    {
      writer: keySchema.optional().describe("Backs up: puts objects, deletes nothing but its own locks."),
      pruner: keySchema
        .optional()
        .describe("Forgets and prunes on the trusted host: hides objects, destroys no version."),
      rescuer: keySchema
        .optional()
        .describe("For rollbacks: reads every version, lifts markers, changes bucket settings. Kept offline."),
      purger: keySchema.optional().describe("Deletes old noncurrent versions, where the store has no lifecycle rules."),
      monitor: keySchema.optional().describe("Lists versions and reads bucket settings; never reads an object."),
    } satisfies Record<(typeof roles)[number], z.ZodType>,
    { error: () => `must be a map of the roles that this host plays: ${roles.join(", ")}` },
  )
  .refine((keys) => Object.keys(keys).length > 0, {
    error: () => `names no key: it needs at least one of ${roles.join(", ")}`,
  });

const repositorySchema = z
  .strictObject(
    {
      location: locationText().describe(
        "The repository in restic's own spelling: s3:https://HOST[:PORT]/BUCKET[/PATH].",
      ),
      provider: choice(knownProviders)
        .optional()
        .meta({ default: "generic" })
        .describe("The store's make, a name from profiles/; generic assumes little and probes more."),
      region: text().optional().describe("The region to sign requests for, else what the store says."),
      "bucket-lookup": choice(["auto", "dns", "path"])
        .optional()
        .meta({ default: "auto" })
        .describe("Where the bucket's name stands in a request: in the host name (dns) or in the path."),
      "ca-file": absolutePath()
        .optional()
        .describe("A PEM file with the certificate authorities to trust besides the system's."),
      password: secretReferenceText()
        .optional()
        .describe("Where the repository's password is found; needed with a writer or a pruner, for restic."),
      "recovery-window": durationText("35d")
        .optional()
        .describe("How far back every object must stay recoverable, such as 35d or 5w."),
      keys: keysSchema.describe("The keys to the store, one or more; a host holds only the roles it plays."),
      backup: backupSchema
        .optional()
        .describe("What `holdfast backup` saves, under restic's own backup flags; needs paths or files-from."),
      retention: retentionSchema
        .optional()
        .describe("What `holdfast prune` keeps, under restic's own flags; needs at least one keep rule."),
    },
    { error: () => "must be a map: location, password, keys and so on" },
  )
  .refine(({ keys, password }) => password !== undefined || (keys.writer === undefined && keys.pruner === undefined), {
    error: () => "has no password, which the writer and the pruner need for restic",
  });

const nameForms = { error: () => "must be letters, digits, dots, dashes and underscores" };

/** The one definition of the configuration file: it types it, checks it, and gives the JSON Schema and the manual. */
export const configurationDefinition = z
  .strictObject(
    {
      repositories: z
        .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, nameForms), repositorySchema, {
          error: () => "must be a map from a name of your choice to a repository",
        })
        .refine((repositories) => Object.keys(repositories).length > 0, { error: () => "names no repository" })
        .describe("The repositories of this host, each under a name of your choice."),
    },
    { error: () => "must be a map with the one key repositories" },
  )
  .describe("The configuration of Holdfast on one host.");

export type ConfigurationFields = z.infer<typeof configurationDefinition>;
export type RepositoryFields = z.infer<typeof repositorySchema>;
export type KeyFields = z.infer<typeof keySchema>;

/** The JSON Schema (2020-12) of the configuration file, for editors and `config schema`. */
export function configurationSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(configurationDefinition, { io: "input", target: "draft-2020-12" });
  return { $schema, title: "Holdfast configuration", ...schema };
}
