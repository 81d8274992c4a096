import type { RepositoryAccess } from "./repository-access.ts";

/** What restic's process may take over from ours; everything else is left behind. */
const passed =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|TEMP|TMP|LANG|LC_[A-Z]+|TZ|XDG_CACHE_HOME|SYSTEMROOT|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy|SSL_CERT_(?:FILE|DIR))$/;

export interface Surroundings {
  /** Our own environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Where restic keeps its cache; null leaves it where restic puts it. */
  readonly cacheFolder: string | null;
  /** Status lines a second; restic's own default with --json is 60. */
  readonly progressPerSecond?: number;
}

/**
 * The whole environment of a restic process, built from scratch: an inherited RESTIC_*, AWS_* or MINIO_* variable
 * silently changes what restic does. Secrets stand here and nowhere else.
 */
export function resticEnvironment(
  access: RepositoryAccess,
  surroundings: Surroundings,
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(surroundings.variables)) {
    if (value !== undefined && passed.test(name)) environment[name] = value;
  }
  environment["RESTIC_REPOSITORY"] = access.location.spelling;
  environment["RESTIC_PASSWORD"] = access.password.reveal();
  environment["AWS_ACCESS_KEY_ID"] = access.credentials.accessKey;
  environment["AWS_SECRET_ACCESS_KEY"] = access.credentials.secretKey.reveal();
  environment["RESTIC_PROGRESS_FPS"] = String(surroundings.progressPerSecond ?? 2);
  if (access.credentials.sessionToken !== null)
    environment["AWS_SESSION_TOKEN"] = access.credentials.sessionToken.reveal();
  if (access.region !== null) environment["AWS_DEFAULT_REGION"] = access.region;
  if (surroundings.cacheFolder !== null) environment["RESTIC_CACHE_DIR"] = surroundings.cacheFolder;
  return environment;
}
