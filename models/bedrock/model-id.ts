import { InvalidConfiguration } from '../../domain/errors.ts';

export type Residency = 'region' | 'geography' | 'any';

export interface ModelIdRules {
  /** Of the configuration, for errors. */
  readonly setting: string;
  /** Where Bedrock is called; undefined where only the SDK knows. */
  readonly region?: string;
  readonly residency: Residency;
  readonly allowUnpinned: boolean;
  /** Ids that are known for what the model is to do: they are named where the given one has no version. */
  readonly known: readonly string[];
}

/** A model as it is called and as it is known. */
export interface ModelReference {
  /** What goes to Bedrock: an id, a profile or an ARN. */
  readonly callId: string;
  /** The foundation model behind it; the ARN itself where that is not told. */
  readonly baseId: string;
}

/** Prefixes of cross-Region inference profiles, and the regions whose data they keep together. */
const geographies: Readonly<Record<string, RegExp | undefined>> = {
  us: /^(us|ca)-(?!gov-)/,
  'us-gov': /^us-gov-/,
  eu: /^(eu|il)-/,
  apac: /^(ap|me)-/,
  jp: /^ap-northeast-[13]$/,
  au: /^ap-southeast-[24]$/,
  ca: /^ca-/,
  global: undefined,
};
const profile = /^(us-gov|us|eu|apac|jp|au|ca|global)\.(?=[a-z0-9-]+\.)/;
/** A prefix that came after this was written: what stands before a provider's name. */
const otherProfile =
  /^([a-z-]+)\.(?=(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|mistral|moonshot|nvidia|openai|qwen|stability|twelvelabs|writer)\.)/;
const arn =
  /^arn:aws(?:-[a-z-]+)?:bedrock:([a-z0-9-]*):(\d{12})?:(foundation-model|inference-profile|application-inference-profile|provisioned-model|imported-model|custom-model|custom-model-deployment|default-prompt-router|prompt-router)\/(\S+)$/;
/** `:0`, `:0:300k`: what makes an id say one version of a model. */
const version = /:\d+(:\d+k)?$/;

/**
 * Reads the id of a model as it stands behind `bedrock/` in the configuration: an id, a cross-Region inference profile,
 * or an ARN, after which `#` may name the foundation model behind it.
 *
 * @throws {InvalidConfiguration} for an id without its version, and for a profile or router that leaves what residency
 *   allows
 */
export function readModelId(given: string, rules: ModelIdRules): ModelReference {
  const [callId = '', named] = given.split('#');
  const match = arn.exec(callId);
  if (match === null) {
    if (callId.startsWith('arn:')) refuse(rules, given, 'an ARN of Bedrock');
    if (named !== undefined) refuse(rules, given, 'a model behind "#" after an ARN only');
    return { callId, baseId: baseOf(callId, given, rules) };
  }
  const [, region = '', , kind = '', id = ''] = match;
  if (rules.region !== undefined && region !== '' && region !== rules.region) {
    refuse(rules, given, `an ARN of ${rules.region}, where bedrock.region is`);
  }
  if (kind === 'foundation-model' || kind === 'inference-profile') {
    return { callId, baseId: baseOf(id, given, rules) };
  }
  // A router sends to cross-Region profiles of its models.
  if (kind.endsWith('prompt-router') && rules.residency === 'region') throw leavesRegion(given, rules);
  // Whoever made the profile chose its regions; what stands behind it is not in its name.
  return { callId, baseId: named ?? callId };
}

function baseOf(id: string, given: string, rules: ModelIdRules): string {
  const prefix = (profile.exec(id) ?? otherProfile.exec(id))?.[1];
  if (prefix !== undefined) checkResidency(prefix, given, rules);
  const base = prefix === undefined ? id : id.slice(prefix.length + 1);
  if (!/^[a-z0-9-]+\.[A-Za-z0-9.:_-]+$/.test(base))
    refuse(rules, given, 'the id or ARN of a model in Bedrock');
  if (!version.test(base) && !rules.known.includes(base) && !rules.allowUnpinned) {
    const pinned = rules.known.filter((known) => known.startsWith(base));
    const named = pinned.length > 0 ? pinned.join(' or ') : 'an id that ends in its version, such as :0';
    throw new InvalidConfiguration(
      rules.setting,
      `Expected ${rules.setting} to say a version, since a model without one changes unseen: ${named}; got ${JSON.stringify(given)} (bedrock.allowUnpinned takes it as it is)`,
    );
  }
  return base;
}

function checkResidency(prefix: string, given: string, rules: ModelIdRules): void {
  const { residency, region, setting } = rules;
  if (residency === 'any') return;
  const told = `Expected ${setting} to stay within bedrock.residency "${residency}"`;
  if (residency === 'region') throw leavesRegion(given, rules);
  const regions = Object.hasOwn(geographies, prefix) ? geographies[prefix] : undefined;
  if (regions === undefined) {
    throw new InvalidConfiguration(
      setting,
      `${told}, got ${JSON.stringify(given)}, which runs anywhere: take the profile of a geography (us., eu., apac.), or set bedrock.residency to "any"`,
    );
  }
  if (region !== undefined && !regions.test(region)) {
    throw new InvalidConfiguration(
      setting,
      `${told}, got ${JSON.stringify(given)}, whose geography ${region} is not in`,
    );
  }
}

function leavesRegion(given: string, { setting }: ModelIdRules): InvalidConfiguration {
  return new InvalidConfiguration(
    setting,
    `Expected ${setting} to stay within bedrock.residency "region", got ${JSON.stringify(given)}, which runs in several regions: name the model itself, or set bedrock.residency to "geography"`,
  );
}

function refuse({ setting }: ModelIdRules, given: string, wanted: string): never {
  throw new InvalidConfiguration(
    setting,
    `Expected ${setting} to be ${wanted}, got ${JSON.stringify(given)}`,
  );
}
