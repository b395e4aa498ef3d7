/**
 * Stands in for `@aws-sdk/credential-provider-node` in the functions' bundles: Lambda gives a function its role's
 * credentials in the environment, so profiles, single sign-on, metadata services and the clients behind them, a fifth of
 * a function's code, could never be asked. Source: Lambda Developer Guide, "Defined runtime environment variables".
 */
export const defaultProvider = () => async (): Promise<LambdaCredentials> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined) {
    throw new Error('the environment holds no credentials: this bundle is made for Lambda');
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
  };
};

interface LambdaCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
