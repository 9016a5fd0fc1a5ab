/** How S3 is reached. Credentials come from the SDK's default chain alone. */
export interface S3Options {
  /** Of a VPC endpoint or a server that speaks S3. @default AWS's own for the Region */
  readonly endpoint?: string;
  /** Puts the bucket into the path instead of the host name. @default true with an endpoint, else false */
  readonly pathStyle?: boolean;
  /** @default the SDK's default chain: AWS_REGION, the profile */
  readonly region?: string;
  /** Encrypts what is written with this KMS key. @default the bucket's own setting */
  readonly kmsKeyId?: string;
  /** For each try to be answered, and for each wait between two pieces of a body. @default 10000 */
  readonly timeoutMs: number;
  /** Tries of one request, waits between them doubling. @default 4 */
  readonly maxAttempts: number;
}
