/**
 * The transcripts that the embedded server does not meet yet, each with the reason. A transcript that is listed and met fails the tests, so that this
 * list cannot outlive its reasons.
 */
export const exceptions: ReadonlyMap<string, string> = new Map<string, string>([]);
