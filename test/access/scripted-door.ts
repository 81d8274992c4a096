import { sampleProfile } from "../doubles/sample-profile.ts";
import { Thief } from "../../src/access/thief.ts";
import type { Role } from "../../src/base/role.ts";
import type { ProviderProfile } from "../../src/store/provider-profile.ts";
import type { TrialDoor, TrialReply, TrialRequest } from "../../src/store/trial-door.ts";
import { ScriptedClock } from "../doubles/scripted-clock.ts";

export interface ScriptedDoor extends TrialDoor {
  /** What came so far: `PUT home/config`, `GET ?versions`. */
  readonly sent: readonly string[];
  readonly requests: readonly TrialRequest[];
}

/** Answers as the script says; a script that throws is a store that does not answer. */
export function scriptedDoor(script: (request: TrialRequest) => Partial<TrialReply>): ScriptedDoor {
  const requests: TrialRequest[] = [];
  return {
    requests,
    get sent() {
      return requests.map(nameOf);
    },
    send: (request) => {
      requests.push(request);
      return Promise.resolve().then(() => ({ status: 200, code: "", headers: {}, body: "", ...script(request) }));
    },
  };
}

function nameOf({ method, target, query = {} }: TrialRequest): string {
  const [parameter] = Object.keys(query);
  const path = target.kind === "bucket" ? "" : target.kind === "object" ? target.key : `/${target.path}`;
  return `${method} ${path}${parameter === undefined ? "" : `?${parameter}`}`;
}

export function errorReply(status: number, code: string): Partial<TrialReply> {
  return { status, code };
}

export const denied: Partial<TrialReply> = errorReply(403, "AccessDenied");

interface ThiefWanted {
  readonly role?: Role;
  readonly profile?: ProviderProfile;
  readonly noCanaries?: string;
  readonly witnesses?: readonly TrialDoor[];
}

/** A thief of a writer's key to `backups/home/`, of a Ceph of which nothing else is known. */
export function thiefAt(door: TrialDoor, wanted: ThiefWanted = {}): Thief {
  let n = 0;
  return new Thief({
    role: wanted.role ?? "writer",
    door,
    place: { bucket: "backups", prefix: "home/" },
    profile: wanted.profile ?? sampleProfile({ name: "ceph" }),
    witnesses: wanted.witnesses ?? [],
    mark: "0123abcd",
    random: () => (n++).toString(16).padStart(32, "0"),
    clock: new ScriptedClock(),
    noCanaries: wanted.noCanaries ?? null,
  });
}
