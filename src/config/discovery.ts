/** What decides where files are looked for. */
export interface Place {
  /** `--config` or `--state-dir`. */
  readonly flag: string | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
}

/**
 * Where the configuration may be, the first that exists counts: the flag, or $HOLDFAST_CONFIG, each alone; else the
 * user's own, else the machine's. Never the current directory: a prune run by root must not take its orders from one.
 */
export function configurationCandidates({ flag, variables }: Place): readonly string[] {
  const named = [flag, variables["HOLDFAST_CONFIG"]].find(isGiven);
  if (named !== undefined) return [named];
  const user = underHome(variables, "XDG_CONFIG_HOME", ".config");
  return [...(user === null ? [] : [`${user}/holdfast/config.yaml`]), "/etc/holdfast/config.yaml"];
}

/** Where state is kept: the flag, else XDG's word, else for root /var/lib/holdfast; null without a home. */
export function stateFolder({ flag, variables, isRoot }: Place): string | null {
  if (isGiven(flag)) return flag;
  if (isRoot && !isAbsolute(variables["XDG_STATE_HOME"])) return "/var/lib/holdfast";
  const home = underHome(variables, "XDG_STATE_HOME", ".local/state");
  return home === null ? null : `${home}/holdfast`;
}

function underHome(variables: Place["variables"], name: string, fallback: string): string | null {
  const own = variables[name];
  // The XDG rules: a relative path there is to be ignored.
  if (isAbsolute(own)) return own;
  const home = variables["HOME"];
  return isGiven(home) ? `${home}/${fallback}` : null;
}

function isAbsolute(value: string | undefined): value is string {
  return value?.startsWith("/") === true;
}

/** A variable that is set to nothing counts as not set, as everywhere in XDG. */
function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
