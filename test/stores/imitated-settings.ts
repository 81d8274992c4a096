import type { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { BucketSettings, Setting } from "../../src/store/bucket-settings.ts";
import { settingCodes, settingOf, type S3Request } from "./s3-wire.ts";
import { errorReply, type WireReply } from "./scripted-s3.ts";

interface KeptSettings {
  readonly store: MemoryStore;
  /** What was put over the wire, by the setting's parameter. */
  readonly texts: Map<string, string>;
}

/** Gives, takes or clears one setting: what came over the wire, else what the memory store was set to. */
export async function answerSetting(request: S3Request, { store, texts }: KeptSettings): Promise<WireReply> {
  const name = settingOf(request.query) ?? "";
  if (request.method === "PUT") {
    texts.set(name, request.body.toString());
    return { status: name === "policy" ? 204 : 200 };
  }
  if (request.method === "DELETE") {
    texts.delete(name);
    return { status: 204 };
  }
  const text = texts.get(name);
  return text === undefined ? replyOf(name, textOf(name, await store.settings())) : { body: text };
}

function replyOf(name: string, setting: Setting<string>): WireReply {
  switch (setting.kind) {
    case "set":
      return { body: setting.value };
    case "none":
      return errorReply(404, settingCodes[name] ?? "NoSuchConfiguration");
    case "unsupported":
      return errorReply(501, "NotImplemented");
    case "unreadable":
      return errorReply(403, "AccessDenied");
  }
}

function textOf(name: string, settings: BucketSettings): Setting<string> {
  switch (name) {
    case "lifecycle":
      return asText(settings.lifecycle);
    case "object-lock":
      return asText(settings.objectLock);
    case "policy":
      return settings.policy;
    case "replication":
      return settings.replication;
    case "encryption":
      return settings.encryption;
    default:
      return { kind: "none" };
  }
}

function asText(setting: Setting<{ readonly text: string }>): Setting<string> {
  return setting.kind === "set" ? { kind: "set", value: setting.value.text } : setting;
}
