#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { processTerminal } from './dev/process-terminal.ts';
import { describeWasmCommand, describeWasmName } from './describe-wasm-command.ts';
import { runCli } from './run-cli.ts';
import { describeInChild } from './source/describe-in-child.ts';

const [, program = '', ...args] = process.argv;

if (args[0] === describeWasmName) {
  try {
    await describeWasmCommand(args.slice(1));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
} else {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  process.exitCode = await runCli(args, {
    cwd: process.cwd(),
    env: process.env,
    readStandardInput: () => text(process.stdin),
    describeWasm: (file) => describeInChild((output) => [program, describeWasmName, file, output]),
    print: (line) => void process.stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`${line}\n`),
    interrupted: interrupted.signal,
    terminal: processTerminal(() => interrupted.abort()),
  });
}
