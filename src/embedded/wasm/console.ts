import { logLevelOf } from '../log-levels.ts';
import { type LogLine } from '../log-record.ts';
import { type GuestMemory } from './guest-memory.ts';
import { type HostFunction } from './web-assembly.ts';

const noLineNumber = 0xffff_ffff;

/** The host function `console_log`: target and file name may be absent, texts need not be UTF-8. */
export function consoleLog(memory: () => GuestMemory, log: (line: LogLine) => void): HostFunction {
  const optionalText = (pointer: number, length: number): string | undefined =>
    pointer === 0 ? undefined : memory().lossyText(pointer, length);
  return (
    level: number,
    target: number,
    targetLength: number,
    filename: number,
    filenameLength: number,
    lineNumber: number,
    message: number,
    messageLength: number,
  ) => {
    log({
      level: logLevelOf(level),
      target: optionalText(target, targetLength),
      filename: optionalText(filename, filenameLength),
      lineNumber: lineNumber >>> 0 === noLineNumber ? undefined : lineNumber >>> 0,
      message: memory().lossyText(message, messageLength),
    });
    return undefined;
  };
}
