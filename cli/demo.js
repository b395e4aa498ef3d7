/**
 * `npm start`. Plain JavaScript, so that a Node that cannot run TypeScript says so instead of `Unknown file extension`.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (runsTypeScript) {
  const { main } = await import('./demo/main.ts');
  await main(process.argv.slice(2), process);
} else {
  process.stderr.write(
    `ecr-warden: Node ${process.versions.node} does not run TypeScript, Node 22.18 and later does\n` +
      'Run `npm start`, which brings its own Node with `npm ci` (without `--ignore-scripts`).\n',
  );
  process.exitCode = 2;
}
