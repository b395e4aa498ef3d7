#!/usr/bin/env node
// The `ecr-warden` command of the npm package. Plain JavaScript for old engines, so that a wrong Node
// gets a sentence instead of a syntax error; the program is the bundle beside it.
const major = Number(process.versions.node.split('.')[0]);
if (major < 22) {
  console.error(`ecr-warden: this is Node ${process.versions.node}, Node 22 or later is needed`);
  process.exit(2);
}
await import('./main.js');
