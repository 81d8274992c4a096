import { randomBytes } from "node:crypto";
import { openTrialDoor } from "../../adapters/s3/trial-door.ts";
import { auditBucket } from "../../access/audit-bucket.ts";
import { auditKeys, type AuditedKey } from "../../access/audit.ts";
import type { Check } from "../../access/check.ts";
import { quirkFindings } from "../../access/quirk-findings.ts";
import { windowDays } from "../../access/policy/lifecycle.ts";
import type { Duration } from "../../base/duration.ts";
import { Failure } from "../../base/failure.ts";
import type { Finding } from "../../base/finding.ts";
import type { Role } from "../../base/role.ts";
import { keyFindings } from "../../config/key-findings.ts";
import { providerFindings } from "../../repository/provider-findings.ts";
import { findingsExitCode } from "../exit-code.ts";
import type { CommandAction, CommandInput, Invocation } from "../invocation.ts";
import { openNamedRepository, type OpenedRepository } from "../open-repository.ts";
import { auditLines, type AuditShown } from "../render/audit.ts";
import { openProgress } from "../render/progress.ts";

/** `holdfast audit [REPOSITORY] [--role ROLE] [--quick]`. Exit 80 on any surprise, and on what proves nothing: an error, no trial at all. */
export const audit: CommandAction = async (invocation, input) => {
  const repository = await openNamedRepository(invocation, input, { name: input.words["repository"] });
  const { configuration, profile, name } = repository;
  const { location, recoveryWindow } = configuration;
  const window = (windowDays(recoveryWindow) * 86_400_000) as Duration;
  const roles = rolesToTry(repository, input);
  const keys = await openKeys(invocation, repository, roles);
  const began = invocation.clock.now();
  const quick = input.has("quick");
  const checks = await tryKeys(invocation, { repository, keys, roles, quick });
  const settings = quick ? [] : await auditBucket({ keys, location, window });
  const repositories = new Map([[name, configuration]]);
  const findings = [
    ...keyFindings({ repositories }),
    ...(settings ?? []),
    ...(quick ? [] : quirkFindings(profile, roles)),
    ...(quick ? [] : providerFindings(profile).filter((finding) => !isDisproven(finding, checks))),
  ];
  for (const finding of findings) invocation.screen.event({ type: "finding", ...finding });
  const took = invocation.clock.now() - began;
  const shown: AuditShown = { repository: name, location, profile, checks, findings, quick, took };
  for (const line of auditLines(shown, invocation.screen)) invocation.screen.line(line);
  const failed = checks.filter(({ ok }) => !ok).length;
  const notTried = checks.filter(({ got }) => got === "not tried").length;
  const isTried = notTried < checks.length;
  const isClean = isTried && failed === 0 && findings.every(({ severity }) => severity === "notice");
  return {
    exitCode: isClean ? 0 : findingsExitCode,
    result: {
      repository: name,
      roles,
      passed: checks.length - failed - notTried,
      failed,
      surprises: checks.filter(({ ok }) => !ok).map(({ role, attempt, got }) => ({ role, attempt, got })),
      notTried,
      findings: findings.length,
      settingsRead: settings !== null && !quick,
    },
  };
};

interface Trials {
  readonly repository: OpenedRepository;
  readonly keys: readonly AuditedKey[];
  readonly roles: readonly Role[];
  readonly quick: boolean;
}

async function tryKeys({ screen, clock, signal }: Invocation, trials: Trials): Promise<readonly Check[]> {
  const { repository, keys, roles, quick } = trials;
  const progress = openProgress(screen, clock);
  return await auditKeys({
    keys,
    roles,
    location: repository.configuration.location,
    profile: repository.profile,
    quick,
    clock,
    random: () => randomBytes(16).toString("hex"),
    signal,
    onAttempt: ({ role, name, n, of }) =>
      progress.show({ stage: `trying the ${role}'s key`, done: n - 1, total: of, unit: "objects", current: name }),
    onCheck: (check) => screen.event({ type: "check", ...check }),
  }).finally(() => progress.end());
}

function rolesToTry(repository: OpenedRepository, input: CommandInput): readonly Role[] {
  return input.text("role") === undefined ? [...repository.configuration.keys.keys()] : [repository.role([])];
}

/** The keys to try, and those that help where they can be had: a timer may not read every secret. */
async function openKeys(
  { screen }: Invocation,
  repository: OpenedRepository,
  roles: readonly Role[],
): Promise<readonly AuditedKey[]> {
  const keys: AuditedKey[] = [];
  for (const role of repository.configuration.keys.keys()) {
    try {
      const access = await repository.access(role);
      const { accessKey } = access.credentials;
      keys.push({ role, accessKey, door: openTrialDoor(access), store: await repository.store(role) });
    } catch (error) {
      if (roles.includes(role) || !(error instanceof Failure)) throw error;
      screen.note(`  goes on without the ${role}'s key: ${error.problem}`);
    }
  }
  return keys;
}

/** What the profile says of a store does not hold where the trials say otherwise: behind a guard, say. */
function isDisproven({ rule }: Finding, checks: readonly Check[]): boolean {
  if (rule !== "history-forgeable") return false;
  const names = ["put onto a version id", "snowball upload", "forge a date"];
  const tried = checks.filter(({ attempt, role }) => names.includes(attempt) && role !== "rescuer");
  return tried.length > 0 && tried.every(({ got }) => got === "refused");
}
