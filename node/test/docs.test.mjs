// Every public item of the type declarations has a doc comment, seen as the TypeScript compiler sees it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { SyntaxKind } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Calls `visit` with the program of a project, and ends the compiler. */
function compiled(project, visit) {
  const api = new API({ cwd: root })
  try {
    const snapshot = api.updateSnapshot({ openProject: project })
    const [opened] = snapshot.getProjects()
    return visit(opened.program)
  } finally {
    api.close()
  }
}

const DECLARATIONS = new Set([
  ...[SyntaxKind.ClassDeclaration, SyntaxKind.InterfaceDeclaration, SyntaxKind.TypeAliasDeclaration],
  ...[SyntaxKind.FunctionDeclaration, SyntaxKind.VariableStatement],
])

/** The text between an item and what is before it: its comments. */
const isDocumented = (item, text) => text.slice(item.pos, item.getStart()).includes('/**')

const nameOf = (item) => item.name?.getText() ?? item.kind

/** Public items of a file with the path of their names, each overload by itself. */
function* items(file) {
  for (const statement of file.statements) {
    if (!DECLARATIONS.has(statement.kind)) continue
    const [variable] = statement.declarationList?.declarations ?? []
    const name = nameOf(variable ?? statement)
    yield [name, statement]
    const holder = variable?.type ?? statement.type ?? statement
    for (const member of holder.members ?? []) {
      const isPrivate = member.modifiers?.some(({ kind }) => kind === SyntaxKind.PrivateKeyword) ?? false
      if (!isPrivate) yield [`${name}.${nameOf(member)}`, member]
    }
  }
}

function check(program, path) {
  const file = program.getSourceFile(path)
  const all = [...items(file)]
  const bare = all.filter(([, item]) => !isDocumented(item, file.text)).map(([name]) => name)
  return { count: all.length, bare }
}

test('every public item is documented', () => {
  const counted = compiled(join(root, 'test', 'types', 'tsconfig.json'), (program) => {
    const of = [
      'index',
      'types/cluster',
      'types/config',
      'types/events',
      'types/snapshots',
      'types/stats',
      'types/words',
    ]
    return of.map((name) => ({ name, ...check(program, join(root, `${name}.d.ts`)) }))
  })
  const bare = counted.flatMap(({ name, bare }) => bare.map((item) => `${name}: ${item}`))
  assert.deepEqual(bare, [])
  // It must have looked at something: every file has items, the class has all of its calls.
  for (const { name, count } of counted) assert.ok(count >= 9, `${name} has ${count} items`)
  assert.ok(counted[1].count > 50, `the cluster has ${counted[1].count} items`)
})

test('one that is not is found', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seafoam-docs-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'tsconfig.json'), '{ "files": ["bare.d.ts"] }')
  const path = join(folder, 'bare.d.ts')
  writeFileSync(
    path,
    `/** Documented. */
export declare class Documented {
  private constructor()
  /** This overload. */
  call(one: number): void
  call(two: string): void
  // no doc comment
  [Symbol.iterator](): void
}
export declare const Bare: {
  readonly ONE: 1
  /** With. */
  readonly TWO: 2
}
export type Alias = 1
export declare function go(): void
`,
  )
  const { bare } = compiled(join(folder, 'tsconfig.json'), (program) => check(program, path))
  assert.deepEqual(bare, [
    'Documented.call',
    'Documented.[Symbol.iterator]',
    'Bare',
    'Bare.ONE',
    'Alias',
    'go',
  ])
})
