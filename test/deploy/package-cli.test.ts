import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageCli } from '../../scripts/package-cli.ts';

const root = resolve(import.meta.dirname, '../..');
/** A program with an ES package and a CommonJS package that asks for built-in modules. */
const PROGRAM = `import { Command } from 'commander';
import { parse } from 'yaml';
new Command('x').argument('<text>').action((text: string) => console.log(parse(text).a)).parse();`;
/** Started with it, Node says that it is an older one. */
const OLD_NODE = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`;

let folder = '';
let command = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ecr-warden-cli-'));
  mkdirSync(join(folder, 'source'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'source/node_modules'));
  writeFileSync(join(folder, 'source/main.ts'), PROGRAM);
  // As in the npm package: the folder of the command is below a package.json that says `module`.
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package/package.json'), '{"type":"module"}');
  await packageCli({
    root,
    entry: join(folder, 'source/main.ts'),
    outFolder: join(folder, 'package/cli'),
  });
  rmSync(join(folder, 'source'), { recursive: true });
  command = join(folder, 'package/cli/ecr-warden.js');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: {} });

describe('the packaged command', () => {
  it('runs outside of the repository, with its dependencies in it', () => {
    expect(run(command, 'a: 1')).toMatchObject({ status: 0, stdout: '1\n', stderr: '' });
  });

  it('is a command: executable, started by Node', () => {
    expect(statSync(command).mode & 0o111).toBe(0o111);
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('says what is wrong on a Node that is too old', () => {
    const { status, stdout, stderr } = run('--import', OLD_NODE, command, 'a: 1');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('ecr-warden: this is Node 20.20.2, Node 22 or later is needed\n');
  });

  it('carries the licence of each package in it', () => {
    const notices = readFileSync(join(folder, 'package/cli/THIRD-PARTY-LICENCES.txt'), 'utf8');
    expect(notices).toMatch(/^commander \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(notices).toMatch(/^yaml \d+\.\d+\.\d+ \(ISC\)$/m);
    expect(notices).toContain('Permission is hereby granted, free of charge');
    expect(notices).toContain('Permission to use, copy, modify, and/or distribute');
  });
});

describe('the check before scripts of the repository', () => {
  const check = join(root, 'scripts/check-node.js');

  it('lets this Node pass', () => {
    expect(run('--import', check, '--eval', 'console.log("on")')).toMatchObject({
      status: 0,
      stdout: 'on\n',
    });
  });

  it('stops one that cannot run TypeScript, with a way out', () => {
    const { status, stderr } = run('--import', OLD_NODE, '--import', check, '--eval', '');
    expect(status).toBe(2);
    expect(stderr).toContain('this is Node 20.20.2');
    expect(stderr).toContain('npm ci');
  });
});
