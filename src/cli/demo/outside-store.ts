import { keyFromSts } from "../../adapters/local-store/minio.ts";
import type { LocalKey, LocalStore } from "../../adapters/local-store/local-store.ts";
import { Failure } from "../../base/failure.ts";
import { Secret } from "../../base/secret.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * A store that is already there, with its key in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. The
 * demo makes a bucket of its own there and destroys it in the end. The writer's and the pruner's keys come from
 * HOLDFAST_WRITER_ACCESS_KEY, HOLDFAST_WRITER_SECRET_KEY and their like where these are set, else from the store's own
 * STS, limited as `holdfast policy` prints it for MinIO. Fails with `usage` where there is no key, and where no limited
 * key can be had: with an unlimited one the demo's attack would be a real one.
 */
export function outsideStore(url: string, variables: Variables): Promise<LocalStore> {
  const owner = keyIn(variables, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");
  if (owner === null) throw noKey(url, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  const endpoint = new URL(url).origin;
  return Promise.resolve({
    title: `the store at ${endpoint}`,
    provider: "minio",
    endpoint,
    isOutside: true,
    owner,
    makeKey: async (request) => {
      if (request.role === "rescuer") return owner;
      const name = `HOLDFAST_${request.role.toUpperCase()}`;
      const given = keyIn(variables, `${name}_ACCESS_KEY`, `${name}_SECRET_KEY`, `${name}_SESSION_TOKEN`);
      if (given !== null) return given;
      try {
        return await keyFromSts(endpoint, owner, request);
      } catch (error) {
        throw noLimitedKey(url, name, error);
      }
    },
    stop: () => Promise.resolve(),
  });
}

function keyIn(variables: Variables, access: string, secret: string, token: string): LocalKey | null {
  const [accessKey, secretKey, sessionToken] = [variables[access], variables[secret], variables[token]];
  if (accessKey === undefined || secretKey === undefined) return null;
  return {
    accessKey,
    secretKey: new Secret(secretKey),
    sessionToken: sessionToken === undefined || sessionToken === "" ? null : new Secret(sessionToken),
  };
}

function noKey(url: string, names: string): Failure {
  return new Failure({
    kind: "usage",
    action: "use the store",
    subject: url,
    problem: "there is no key to it in the environment",
    hint: `set ${names}, then run the same again`,
  });
}

function noLimitedKey(url: string, name: string, cause: unknown): Failure {
  return new Failure({
    kind: "usage",
    action: "make a limited key at",
    subject: url,
    problem: "the store has no STS that gives one",
    hint: `make one as holdfast policy prints it and set ${name}_ACCESS_KEY and ${name}_SECRET_KEY`,
    cause,
  });
}
