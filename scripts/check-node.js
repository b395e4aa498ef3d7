// Plain JavaScript for old engines: it has to run where the TypeScript after it does not.
// `node --import ./scripts/check-node.js scripts/x.ts` says what is wrong instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `ecr-warden: this is Node ${process.versions.node}, the project runs its TypeScript on Node 22.18 or later. ` +
      'Start it through npm (`npm start`, `npm run ...`): `npm ci` installs Node 24 beside the other packages. ' +
      'If you did so, the install was made with `--ignore-scripts`: install again without it',
  );
  process.exit(2);
}
