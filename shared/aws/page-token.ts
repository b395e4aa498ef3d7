import { MalformedInputError } from '../model/errors.ts';

const MAX_TOKEN = 4_096;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** A position in a list as a token for callers: a sort key, made opaque and safe in URLs. */
export const pageToken = (position: string): string => Buffer.from(position, 'utf8').toString('base64url');

/** The position of a token. Throws `MalformedInputError` for what is no token. */
export const pageFrom = (token: string): string => {
  const position = token.length > MAX_TOKEN || !BASE64URL.test(token) ? '' : decoded(token);
  if (position === '' || pageToken(position) !== token) {
    throw new MalformedInputError('the page token is not one of ours');
  }
  return position;
};

const decoded = (token: string): string => Buffer.from(token, 'base64url').toString('utf8');
