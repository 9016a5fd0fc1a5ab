import { maskText } from '../telemetry/mask-secrets.ts';

/** Why there are no AWS credentials, and what to do about it. */
export interface CredentialsFailure {
  readonly why: string;
  readonly advice: string;
}

interface Form {
  readonly pattern: RegExp;
  readonly explain: (found: RegExpExecArray, loginOption: string) => CredentialsFailure;
}

/** What to do where nothing more is known. */
export const credentialsAdvice =
  'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role; "aws sts get-caller-identity" shows the same';

/** What the SDK's chain says of a link that is not set up: no failure of it, and nothing to tell. */
const routine =
  /^(AWS_PROFILE is set|Unable to find environment variable credentials|Skipping SSO provider|Could not resolve credentials using profile|Profile .* could not be found in shared|Profile .* did not contain credential_process|Web identity configuration not specified|EC2 Instance Metadata Service access disabled|AWS_EC2_METADATA_V1_DISABLED not set|Could not load credentials from any providers)/;

const signIn = (loginOption: string) => `Run: aws sso login${loginOption}`;

/** By what the chain of the SDK says, the more telling first. */
const forms: readonly Form[] = [
  {
    pattern: /SSO session associated with this profile has expired|^Token is expired|Cannot refresh/,
    explain: (_, loginOption) => ({
      why: 'the single sign-on session has expired',
      advice: signIn(loginOption),
    }),
  },
  {
    pattern: /UnauthorizedException/,
    explain: (_, loginOption) => ({
      why: 'the single sign-on session is not accepted any more',
      advice: signIn(loginOption),
    }),
  },
  {
    pattern: /SSO session (token )?associated with|in SSO Token/,
    explain: (_, loginOption) => ({
      why: 'there is no single sign-on session; its token is missing or cannot be read',
      advice: signIn(loginOption),
    }),
  },
  {
    pattern: /ForbiddenException/,
    explain: () => ({
      why: 'single sign-on gives no access to the role of the profile',
      advice: 'Check sso_account_id and sso_role_name of the profile, and that the role is assigned to you',
    }),
  },
  {
    pattern: /invalid SSO credentials|[Ss]so session '|Conflicting SSO|reading 'sso_/,
    explain: ({ input }) => ({
      // Where the section is missing, the SDK stumbles over it.
      why: /reading 'sso_/.test(input)
        ? 'the profile names an sso_session that the AWS configuration does not have'
        : `the single sign-on of the profile is not set up whole (${shown(input)})`,
      advice: 'Run "aws configure sso", or mend the profile and its sso-session in ~/.aws/config',
    }),
  },
  {
    pattern: /aws login|Failed to load token from/,
    explain: (_, loginOption) => ({
      why: 'the sign-in on the command line has expired or is missing',
      advice: `Run: aws login${loginOption}`,
    }),
  },
  {
    pattern: /^Profile (.*) requires multi-factor authentication/,
    explain: ([, profile]) => ({
      why: `profile ${profile} asks for a code of multi-factor authentication, which a server cannot give`,
      advice: 'Use single sign-on, or keys with the session token of "aws sts get-session-token"',
    }),
  },
  {
    // The command may carry a password, so only what it said is shown.
    pattern: /^Command failed: [^\n]*\n?([\s\S]*)$/,
    explain: ([, said = '']) => ({
      why: `the credential process of the profile failed${said.trim() === '' ? '' : `, saying: ${shown(said)}`}`,
      advice: 'Run the command of credential_process in ~/.aws/config by hand to see what fails',
    }),
  },
  {
    pattern: /credential_process (returned|did not return)/,
    explain: ({ input }) => ({
      why: `the credential process of the profile gave no credentials (${shown(input)})`,
      advice: 'Run the command of credential_process in ~/.aws/config by hand and look at what it prints',
    }),
  },
];

/**
 * Tells a failure of the SDK's default chain by what it is.
 * @param chain what the links of the chain said, in their order; secrets in it are masked
 */
export function explainCredentials(error: Error, chain: readonly string[]): CredentialsFailure {
  const said = [error.message, ...chain];
  const named = /profile=([^\s]+) was not found/.exec(error.message)?.[1];
  const hasProfile = chain.some((line) => line.startsWith('AWS_PROFILE is set'));
  const fallback = hasProfile ? ' --profile "$AWS_PROFILE"' : '';
  const loginOption = named === undefined || !hasProfile ? fallback : ` --profile ${named}`;
  for (const { pattern, explain } of forms) {
    for (const line of said) {
      const found = pattern.exec(line);
      if (found !== null) return explain(found, loginOption);
    }
  }
  if (hasProfile) {
    const missing = match(chain, /^Profile (.*) could not be found in shared credentials file/);
    if (missing !== undefined) return missingProfile(missing, 'is in no AWS configuration');
    const empty = match(chain, /^Could not resolve credentials using profile: \[(.*)\]/);
    if (empty !== undefined) return missingProfile(empty, 'is not there or holds no credentials');
  }
  const telling = said.find((line) => !routine.test(line));
  return {
    why: telling === undefined ? 'no AWS credentials were found' : shown(telling),
    advice: credentialsAdvice,
  };
}

function missingProfile(profile: string, what: string): CredentialsFailure {
  return {
    why: `profile ${profile}, which AWS_PROFILE leads to, ${what}`,
    advice:
      'Set AWS_PROFILE to one that "aws configure list-profiles" lists, or set AWS_CONFIG_FILE to where it stands',
  };
}

function match(lines: readonly string[], pattern: RegExp): string | undefined {
  return lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
}

function shown(text: string): string {
  const line = maskText(text).replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
