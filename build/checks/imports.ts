import { parseSync } from 'vite';

/** Where one file imports from, however it says it, types included. */
export interface Import {
  readonly specifier: string;
  /** Names taken from the module; empty for `import()`, `export *` and the like. */
  readonly names: readonly string[];
  readonly line: number;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const textOf = (value: unknown): string | null =>
  isNode(value) && typeof value.value === 'string' ? value.value : null;

/** The module a syntax node names: import and export declarations, `import()`, type imports, `require`. */
function specifierOf(node: Node): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return textOf(node.source);
    case 'TSExternalModuleReference':
      return textOf(node.expression);
    case 'CallExpression': {
      const callee = isNode(node.callee) ? node.callee : {};
      return callee.name === 'require' && Array.isArray(node.arguments) ? textOf(node.arguments[0]) : null;
    }
    default:
      return null;
  }
}

function namesOf(node: Node): string[] {
  if (!Array.isArray(node.specifiers)) return [];
  return node.specifiers.flatMap((item: unknown) => {
    const imported = isNode(item) && isNode(item.imported) ? item.imported.name : undefined;
    return typeof imported === 'string' ? [imported] : [];
  });
}

/** Reads the imports of a TypeScript or JavaScript file with a real parser. Throws where the file does not parse. */
export function importsOf(path: string, text: string): readonly Import[] {
  const { program, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const found: Import[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isNode(value) || Array.isArray(value)) return;
    const specifier = specifierOf(value);
    if (specifier !== null) {
      const line = text.slice(0, Number(value.start)).split('\n').length;
      found.push({ specifier, names: namesOf(value), line });
    }
    for (const child of Object.values(value)) visit(child);
  };
  visit(program);
  return found;
}
