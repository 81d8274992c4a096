import type { CommandSpec, FlagSpec, WordSpec } from "./command-spec.ts";
import { connectionsSpec } from "./connections-flag.ts";

const repository: WordSpec = {
  name: "repository",
  optional: true,
  description: "a name from the configuration; may be left out where there is only one",
};
const restic: FlagSpec = {
  flags: "--restic <file>",
  description: "the restic to run (else $HOLDFAST_RESTIC, else PATH)",
};
const role: FlagSpec = { flags: "--role <role>", description: "which of this host's keys to use" };
const dryRun: FlagSpec = { flags: "--dry-run", description: "do everything but the writing" };
const patience: FlagSpec = {
  flags: "--retry-lock <duration>",
  description: "how long to wait while another restic holds the repository",
};

const setUp: readonly CommandSpec[] = [
  {
    name: "init",
    summary: "make a repository in a bucket that keeps versions",
    description:
      "Turns versioning on, proves it by writing a canary twice and reading the first one back, then makes the restic " +
      "repository and records the SHA-256 of its config. Refuses a bucket that does not exist and a prefix where " +
      "anything stands. On a repository that this password opens it changes nothing and says so, so it can be run again.",
    words: [repository],
    flags: [role, restic, dryRun],
    examples: [["holdfast init home --role rescuer", "on the host that holds the rescuer's key, once"]],
    load: async () => await import("./commands/init.ts").then(({ init }) => init),
  },
  {
    name: "config validate",
    summary: "check the configuration and try each secret it refers to",
    description:
      "Reads the configuration, reports every fault with its line, and resolves each secret without showing it.",
    words: [],
    flags: [],
    examples: [["holdfast config validate", "after each change of the file"]],
    load: async () => await import("./commands/config.ts").then(({ configValidate }) => configValidate),
  },
  {
    name: "config show",
    summary: "print the configuration as Holdfast understands it",
    description: "Prints the effective configuration as YAML: secrets as their references, defaults marked as such.",
    words: [],
    flags: [],
    examples: [["holdfast config show", "what holds on this host"]],
    load: async () => await import("./commands/config.ts").then(({ configShow }) => configShow),
  },
  {
    name: "config schema",
    summary: "print the JSON Schema of the configuration, for editors",
    description: "Prints the JSON Schema that the configuration is checked against.",
    words: [],
    flags: [],
    examples: [["holdfast config schema > holdfast.schema.json", "then name it in the first line of config.yaml"]],
    load: async () => await import("./commands/config.ts").then(({ configSchema }) => configSchema),
  },
];

const everyDay: readonly CommandSpec[] = [
  {
    name: "backup",
    summary: "back up the paths of the configuration",
    description:
      "Runs restic backup with the writer's key, which can add and cannot destroy. Exit 3 means that a snapshot was " +
      "made but some files could not be read; they are named.",
    words: [repository],
    flags: [role, restic, patience, dryRun],
    examples: [["holdfast backup home", "from a timer or by hand"]],
    load: async () => await import("./commands/backup.ts").then(({ backup }) => backup),
  },
  {
    name: "snapshots",
    summary: "list the snapshots with the client's time and the store's time",
    description:
      "The client writes a snapshot's time and can lie; the store's time is when its object was stored. Those that " +
      "differ by more than an hour are marked.",
    words: [repository],
    flags: [role, restic],
    examples: [["holdfast snapshots home", "what is there"]],
    load: async () => await import("./commands/snapshots.ts").then(({ snapshots }) => snapshots),
  },
  {
    name: "restore",
    summary: "restore a snapshot into a folder",
    description: "Restores all of a snapshot, or what --include names. Files that are there already are overwritten.",
    words: [{ name: "snapshot", description: "a snapshot's id, or latest" }, repository],
    flags: [
      { flags: "--target <dir>", description: "where to restore to" },
      { flags: "--include <pattern>", description: "only what matches; may be given more than once", repeatable: true },
      role,
      restic,
      dryRun,
    ],
    examples: [["holdfast restore latest home --target /tmp/restored", "the newest snapshot"]],
    load: async () => await import("./commands/restore.ts").then(({ restore }) => restore),
  },
  {
    name: "check",
    summary: "check the repository's structure, and its data where asked",
    description:
      "Runs restic check after removing stale locks. With --read-data-subset it also reads that part of the data.",
    words: [repository],
    flags: [
      { flags: "--read-data-subset <part>", description: "read a part of the data too: 5%, 1/12, 2G, or 100% for all" },
      patience,
      role,
      restic,
    ],
    examples: [["holdfast check home --read-data-subset 5%", "once a week"]],
    load: async () => await import("./commands/check.ts").then(({ check }) => check),
  },
  {
    name: "exec",
    summary: "run restic itself with the right environment",
    description: "Runs restic with the words after --, its output and its exit code untouched.",
    words: [repository],
    flags: [role, restic],
    takesRest: true,
    examples: [["holdfast exec home -- ls latest", "any restic command"]],
    load: async () => await import("./commands/exec.ts").then(({ exec }) => exec),
  },
  {
    name: "prune",
    summary: "forget and prune by the retention rules, on the trusted host",
    description:
      "Decides what to forget by the store's dates as well as by the clients', shows it, forgets exactly those ids, prunes, " +
      "and checks, reading a part of the data each time. A snapshot is forgotten only if every clock would forget it. " +
      "Guard rails stop it (exit 81, nothing forgotten) where something looks like an attack or a mistake; each tells " +
      "what it measured and what releases it, see docs/prune.md. Refuses a list that differs from what the store holds.",
    words: [repository],
    flags: [
      {
        flags: "--release <rail>",
        description: "let one guard rail go, this once; may be given more than once",
        repeatable: true,
      },
      patience,
      role,
      restic,
      dryRun,
    ],
    examples: [
      ["holdfast prune home --dry-run", "what would be kept and forgotten, and why"],
      ["holdfast prune home", "on the host that holds the pruner's key"],
    ],
    load: async () => await import("./commands/prune.ts").then(({ prune }) => prune),
  },
  {
    name: "hold",
    summary: "keep prune from forgetting anything until it is released",
    description:
      "Puts a hold on the repository, on record on this host. Every command of this host that opens the repository says so, " +
      "and prune forgets nothing. Asks no store.",
    words: [repository],
    flags: [{ flags: "--reason <text>", description: "why, for whoever finds it" }],
    examples: [['holdfast hold home --reason "nas was broken into"', "on the trusted host, first of all"]],
    load: async () => await import("./commands/hold.ts").then(({ hold }) => hold),
  },
  {
    name: "release",
    summary: "lift a hold, or settle what a guard rail of prune found",
    description:
      "Lifts the hold of this host. With --finding it settles one thing that a guard rail found, by the id that prune gives: " +
      "the rail does not hold for it any more. Time and reason stay on record. Asks no store.",
    words: [repository],
    flags: [
      { flags: "--finding <id>", description: "settle this finding and leave a hold as it is" },
      { flags: "--reason <text>", description: "why it is settled" },
    ],
    examples: [
      ["holdfast release home", "when the hold is over"],
      ['holdfast release home --finding silent-host-3f9c2a71 --reason "laptop sold"', "one thing that a rail found"],
    ],
    load: async () => await import("./commands/release.ts").then(({ release }) => release),
  },
  {
    name: "purge",
    summary: "destroy old versions that the recovery window does not need",
    description:
      "For stores without lifecycle rules. Reads the whole version history, saves it as evidence, and shows what no instant " +
      "of the recovery window needs: versions superseded before it, and delete markers with nothing left below them. Asks, " +
      "then destroys that, for good, with the purger's key. Never a current version, never what the window needs, nothing of a " +
      "key in doubt (exit 80, each is named), and nothing at all while a hold, an unsettled finding or a gap in the listing " +
      "stands against it (exit 81). Where dates can be forged it goes by its own earlier listings, so its first run only " +
      "looks. Can be stopped at any moment and run again. --dry-run also tells what the store's own lifecycle will do.",
    words: [repository],
    flags: [connectionsSpec, role, dryRun],
    examples: [
      ["holdfast purge home --dry-run", "what would go, by area and size"],
      ["holdfast purge home --yes", "from a timer, on the host that holds the purger's key"],
    ],
    load: async () => await import("./commands/purge.ts").then(({ purge }) => purge),
  },
];

const recovery: readonly CommandSpec[] = [
  {
    name: "rollback plan",
    summary: "decide how to bring the repository back to an instant",
    description:
      "Reads the whole version history, saves it as evidence, and writes a plan that names each object to bring back or " +
      "hide and proves by its SHA-256 what is brought back. Writes nothing to the bucket.\n\n" +
      "Every index, snapshot and key of the state at T is hashed, and so is each object of which it is open what it held. Of " +
      "data/ as much as --prove says. What hides in the settings (lifecycle rules that destroy good versions, open uploads, " +
      "a changed policy) is told with what to do about it.\n\n" +
      "T is an instant with a zone (2026-11-20T03:00:00Z), snapshot:ID (when that snapshot was stored), or 90m-ago, " +
      "26h-ago, 3d-ago. It is inclusive.",
    words: [repository],
    flags: [
      { flags: "--to <T>", description: "the instant to go back to" },
      {
        flags: "--prove <what>",
        description:
          "which objects under data/ are hashed: changed (those that had a second version), all, or none (else changed; all where the store's history can be forged)",
      },
      {
        flags: "--evidence <file>",
        description: "plan again from saved evidence, asking the store nothing; hashes nothing",
      },
      { flags: "--keep-markers", description: "copy what is hidden instead of lifting its delete markers" },
      connectionsSpec,
      { flags: "--out <file>", description: "write the plan there instead of into the state folder" },
      role,
    ],
    examples: [
      ["holdfast rollback plan home --to 2026-11-20T03:00:00Z", "the state at three o'clock"],
      ["holdfast rollback plan home --to 26h-ago --prove all", "hash every object of that state"],
    ],
    load: async () => await import("./commands/rollback-plan.ts").then(({ rollbackPlan }) => rollbackPlan),
  },
  {
    name: "rollback apply",
    summary: "carry out a plan",
    description:
      "Lifts delete markers, copies older versions forward and hides what came later. Never deletes a version. A key " +
      "that may not lift markers copies instead, and says so before it asks. Can be stopped at any moment and run again. " +
      "A bucket that changed since the plan is not written (exit 83); with --accept changed it is planned for anew, to the " +
      "same instant. A report of what was done stands in the state folder afterwards.",
    words: [{ name: "plan", description: "the plan's file, or its name" }],
    flags: [
      {
        flags: "--accept <what>",
        description:
          "go on although the plan holds: unproven, ambiguous, unrecoverable; or the bucket has changed since: changed; may be given more than once",
        repeatable: true,
      },
      { flags: "--check", description: "run holdfast check when it is done" },
      connectionsSpec,
      role,
      dryRun,
    ],
    examples: [["holdfast rollback apply home-20261120T030000Z", "after reading the plan"]],
    load: async () => await import("./commands/rollback-apply.ts").then(({ rollbackApply }) => rollbackApply),
  },
  {
    name: "rollback verify",
    summary: "compare the bucket with what the plan promised",
    description:
      "Lists the bucket anew, compares each object with the state at T, and hashes what was brought back. Where the " +
      "history can be forged it hashes everything. Exit 80 on any difference.",
    words: [{ name: "plan", description: "the plan's file, or its name" }],
    flags: [
      {
        flags: "--prove <what>",
        description:
          "what is read and hashed: changed (what was brought back), all, or none (size and ETag speak for the bytes)",
      },
      connectionsSpec,
      role,
    ],
    examples: [["holdfast rollback verify home-20261120T030000Z", "after apply"]],
    load: async () => await import("./commands/rollback-verify.ts").then(({ rollbackVerify }) => rollbackVerify),
  },
  {
    name: "rollback undo",
    summary: "bring back what the bucket showed before a plan was applied",
    description:
      "Hides again what was brought back and shows again what was hidden or overwritten, key by key, also after an apply " +
      "that stopped half-way. Removes no version but delete markers that apply made. A key that somebody has written since " +
      "is left alone and named (exit 83). Can be stopped at any moment and run again. An undone plan is not applied again: " +
      "plan anew.",
    words: [{ name: "plan", description: "the plan's file, or its name" }],
    flags: [connectionsSpec, role, dryRun],
    examples: [["holdfast rollback undo home-20261120T030000Z", "after applying the wrong plan"]],
    load: async () => await import("./commands/rollback-undo.ts").then(({ rollbackUndo }) => rollbackUndo),
  },
  {
    name: "rollback status",
    summary: "tell where each plan stands, and whether its files are whole",
    description:
      "Reads plan, evidence and journals in the state folder, and tells what is done and what is left: planned, applying, " +
      "applied, verified or undone. Without a plan it lists them all, the newest first. Asks no store and needs no key. " +
      "Exit 65 where a file is damaged; each is named.",
    words: [
      { name: "plan", optional: true, description: "the plan's file, or its name; all plans where it is left out" },
    ],
    flags: [],
    examples: [
      ["holdfast rollback status", "a line for each plan"],
      ["holdfast rollback status home-20261120T030000Z", "how far that one has come"],
    ],
    load: async () => await import("./commands/rollback-status.ts").then(({ rollbackStatus }) => rollbackStatus),
  },
];

const access: readonly CommandSpec[] = [
  {
    name: "policy",
    summary: "print the policy of a key, in the provider's own form",
    description:
      "Prints a shell script to read and paste: the rights of the role for this repository's bucket and path, the lifecycle " +
      "rules that go with recovery-window, and what the provider's rights cannot keep apart. Asks no store, needs no key, " +
      "and prints no secret. The roles are writer, pruner, purger, rescuer and monitor.",
    words: [{ name: "role", description: "whose rights: writer, pruner, purger, rescuer or monitor" }, repository],
    flags: [
      {
        flags: "--provider <name>",
        description: "the form of another provider than the configuration's: aws, b2, ceph, minio, …",
      },
    ],
    examples: [
      ["holdfast policy writer home", "for each host that backs up"],
      ["holdfast policy rescuer home --provider minio", "in the form of MinIO"],
    ],
    load: async () => await import("./commands/policy.ts").then(({ policy }) => policy),
  },
  {
    name: "audit",
    summary: "try what a thief of each of this host's keys could do",
    description:
      "Tries on canary objects of its own, with each key of this host, what its thief would: overwrite, delete, destroy " +
      "versions, change settings. Touches no object of the repository and changes no setting. Tells for each attempt what was " +
      "expected, what the store answered, and the line of the policy to change. With the monitor's or the rescuer's key it also " +
      "reads how the bucket is set. Exit 80 on any surprise, and on any answer that is neither yes nor no.",
    words: [repository],
    flags: [role, { flags: "--quick", description: "two canaries only, for a timer" }],
    examples: [
      ["holdfast audit home", "after each change of a policy"],
      ["holdfast audit home --role writer --quick", "once a day from a timer"],
    ],
    load: async () => await import("./commands/audit.ts").then(({ audit }) => audit),
  },
];

const demo: CommandSpec = {
  name: "demo",
  summary: "the whole story on this machine: backup, attack, rollback, restore",
  description:
    "Starts a real versioned store, backs real files up, attacks it with the stolen keys, rolls it back and compares " +
    "every byte. Needs no account and no root, and leaves nothing behind.",
  words: [
    {
      name: "folder",
      optional: true,
      description: "the folder to take copies from, 400 files of 40 MiB in all at most (else installed files)",
    },
  ],
  flags: [
    { flags: "--store <which>", description: "auto, rgw, minio, or the URL of a store that is there already" },
    { flags: "--keep", description: "leave the store running and say how to look around" },
    restic,
  ],
  examples: [["holdfast demo", "about a minute"]],
  load: async () => await import("./commands/demo.ts").then(({ demo }) => demo),
};

/** Every command there is, in the order of the help. */
export const commandSpecs: readonly CommandSpec[] = [...setUp, ...everyDay, ...recovery, ...access, demo];

/** What a group of commands is for, by its name. */
export const commandGroups: Readonly<Record<string, string>> = {
  config: "check, show and describe the configuration",
  rollback: "bring the repository back to the object versions of an instant",
};
