/**
 * A plugin for Stryker: sentences for people (three words or more) are not mutated, because no test should pin their
 * wording. Texts that decide something (names of keys, operators, actions, codes) have no spaces, and are mutated.
 */
const isSentence = (text) => text.trim().split(/\s+/u).length >= 3;

const textOf = ({ node }) => {
  if (node.type === 'StringLiteral') return node.value;
  return node.type === 'TemplateLiteral' ? node.quasis.map(({ value }) => value.raw).join('x') : '';
};

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'prose',
    value: { shouldIgnore: (path) => (isSentence(textOf(path)) ? 'a sentence for people' : undefined) },
  },
];
