import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const ranks: Readonly<Record<string, number>> = {
  base: 0,
  store: 1,
  restic: 1,
  history: 2,
  access: 3,
  retention: 3,
  purge: 3,
  rollback: 3,
  repository: 3,
  config: 4,
  adapters: 4,
  cli: 5,
};

interface SourceFile {
  /** From src/: `store/versioned-store.ts`. */
  readonly name: string;
  readonly folder: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly string[];
}

function sourceFiles(): readonly SourceFile[] {
  return readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const text = readFileSync(path.join(root, "src", name), "utf8");
      const tree = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
      return { name, folder: name.split(path.sep)[0] ?? "", text, tree, imports: importsOf(tree) };
    });
}

function importsOf(tree: ts.SourceFile): readonly string[] {
  const found: string[] = [];
  visit(tree, (node) => {
    const isStatic = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
    if (isStatic && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push(node.moduleSpecifier.text);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined && ts.isStringLiteral(specifier)) found.push(specifier.text);
    }
  });
  return found;
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

const files = sourceFiles();
const ownImports = (file: SourceFile): readonly string[] =>
  file.imports
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) =>
      path.relative(path.join(root, "src"), path.join(root, "src", path.dirname(file.name), specifier)),
    );

function offences(check: (file: SourceFile) => readonly string[]): readonly string[] {
  return files.flatMap((file) => check(file).map((offence) => `${file.name}: ${offence}`));
}

function nodesOf(file: SourceFile, isOffence: (node: ts.Node) => boolean): readonly string[] {
  const found: string[] = [];
  visit(file.tree, (node) => {
    if (!isOffence(node)) return;
    const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart());
    found.push(`line ${line + 1}: ${node.getText().split("\n")[0]}`);
  });
  return found;
}

describe("the house", () => {
  it("has files to hold", () => expect(files.length).toBeGreaterThan(20));

  it("has only folders with a rank", () => {
    expect([...new Set(files.map((file) => file.folder))].filter((folder) => ranks[folder] === undefined)).toEqual([]);
  });

  it("imports only downwards and from no sibling, so that what decides never depends on what acts", () => {
    const upwards = offences((file) =>
      ownImports(file).filter((target) => {
        const folder = target.split(path.sep)[0] ?? "";
        if (folder === file.folder || target.startsWith("..")) return false;
        return (ranks[folder] ?? 99) >= (ranks[file.folder] ?? -1);
      }),
    );
    expect(upwards).toEqual([]);
  });

  it("has no import circles", () => {
    const edges = new Map(files.map((file) => [file.name, ownImports(file)]));
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (name: string, trail: readonly string[]): void => {
      if (trail.includes(name)) circles.push([...trail.slice(trail.indexOf(name)), name].join(" > "));
      if (done.has(name) || trail.includes(name)) return;
      for (const target of edges.get(name) ?? []) walk(target, [...trail, name]);
      done.add(name);
    };
    for (const name of edges.keys()) walk(name, []);
    expect(circles).toEqual([]);
  });

  it("touches node:* and packages only in adapters and cli, so that everything else runs anywhere and at any hour", () => {
    const configMay = new Set(["yaml", "zod"]);
    const outside = offences((file) =>
      file.imports.filter((specifier) => {
        if (specifier.startsWith(".") || specifier === "node:crypto") return false;
        if (file.folder === "adapters" || file.folder === "cli") return false;
        return !(file.folder === "config" && configMay.has(specifier));
      }),
    );
    expect(outside).toEqual([]);
  });

  it("reads the clock, the environment and randomness only in adapters and cli", () => {
    const outside = offences((file) => {
      if (file.folder === "adapters" || file.folder === "cli") return [];
      return nodesOf(file, (node) => {
        if (ts.isIdentifier(node) && node.text === "process" && !ts.isPropertyAccessExpression(node.parent))
          return true;
        if (ts.isNewExpression(node) && node.expression.getText() === "Date")
          return (node.arguments ?? []).length === 0;
        const text = ts.isPropertyAccessExpression(node) ? node.getText() : "";
        return ["Date.now", "Math.random", "crypto.randomUUID", "process.env"].includes(text);
      });
    });
    expect(outside).toEqual([]);
  });
});

describe("the code", () => {
  it("has no `any`, no `!`, no enum", () => {
    const found = offences((file) =>
      nodesOf(
        file,
        (node) => node.kind === ts.SyntaxKind.AnyKeyword || ts.isNonNullExpression(node) || ts.isEnumDeclaration(node),
      ),
    );
    expect(found).toEqual([]);
  });

  it("has no default export and no barrel file", () => {
    const found = offences((file) =>
      nodesOf(file, (node) => {
        if (ts.isExportAssignment(node)) return true;
        if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) return true;
        return node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent);
      }),
    );
    expect(found).toEqual([]);
  });

  it("has no file over 400 lines and no function over 60", () => {
    const lines = (text: string): number => text.split("\n").length;
    const long = offences((file) => [
      ...(lines(file.text) > 401 ? [`${lines(file.text)} lines`] : []),
      ...nodesOf(file, (node) => ts.isFunctionLike(node) && "body" in node && lines(node.getText()) > 60),
    ]);
    expect(long).toEqual([]);
  });

  it("names no file utils, helpers, manager or common", () => {
    expect(files.map((file) => file.name).filter((name) => /utils?|helpers?|manager|common/.test(name))).toEqual([]);
  });

  it("leaves nothing to do and nothing switched off", () => {
    expect(
      offences((file) => file.text.match(/TODO|FIXME|@ts-(?:ignore|expect-error)|eslint-disable|as unknown as/g) ?? []),
    ).toEqual([]);
  });
});
