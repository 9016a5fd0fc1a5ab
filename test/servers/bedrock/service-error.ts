const statuses = {
  AccessDeniedException: 403,
  ExpiredTokenException: 403,
  InvalidSignatureException: 403,
  UnrecognizedClientException: 403,
  MissingAuthenticationTokenException: 403,
  ResourceNotFoundException: 404,
  ModelTimeoutException: 408,
  ConflictException: 409,
  DependencyFailedException: 424,
  ModelErrorException: 424,
  ThrottlingException: 429,
  ModelNotReadyException: 429,
  ServiceQuotaExceededException: 400,
  ValidationException: 400,
  InternalServerException: 500,
  BadGatewayException: 502,
  ServiceUnavailableException: 503,
  UnknownOperationException: 404,
} as const;

export type ServiceErrorType = keyof typeof statuses;

/** An error as Bedrock replies it: a status, `x-amzn-ErrorType` and a message. */
export class ServiceError extends Error {
  readonly type: ServiceErrorType;
  readonly status: number;

  constructor(type: ServiceErrorType, message: string) {
    super(message);
    this.name = type;
    this.type = type;
    this.status = statuses[type];
  }
}

/** Refuses a request as Bedrock's own validation does. */
export function refuse(message: string): never {
  throw new ServiceError('ValidationException', message);
}
