import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { Failure } from "../../base/failure.ts";
import { WideHttpAgent, WideHttpsAgent } from "./wide-agents.ts";

/** Connections that are kept open between requests. */
export interface StoreAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

interface AgentOptions {
  readonly endpoint: string;
  readonly caFile: string | null;
  /** How many idle ones are kept. How many are open is for the request gate to bound. */
  readonly kept: number;
}

/** Fails with `config` when the CA file cannot be read. */
export function openAgents({ endpoint, caFile, kept }: AgentOptions): StoreAgents {
  const options = { keepAlive: true, maxFreeSockets: kept };
  return {
    http: new WideHttpAgent(options),
    // Said, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn the check off without a word.
    https: new WideHttpsAgent({ ...options, ...trust(endpoint, caFile), rejectUnauthorized: true }),
  };
}

/** Trusts whom restic trusts: the system's authorities and those of the CA file; beside them Node's own. */
function trust(endpoint: string, caFile: string | null): { readonly secureContext?: SecureContext } {
  if (!endpoint.startsWith("https:")) return {};
  const ca = [...getCACertificates("default"), ...getCACertificates("system"), ...authorities(caFile)];
  return { secureContext: createSecureContext({ ca }) };
}

function authorities(caFile: string | null): readonly string[] {
  if (caFile === null) return [];
  try {
    const text = readFileSync(caFile, "utf8");
    // TLS skips text that is no certificate without a word, and the connection then fails for a reason that misleads.
    new X509Certificate(text);
    return [text];
  } catch (error) {
    throw new Failure({
      kind: "config",
      action: "read the certificate authority",
      subject: caFile,
      problem: error instanceof Error ? error.message : String(error),
      hint: "name a PEM file that is there in ca-file",
      cause: error,
    });
  }
}
