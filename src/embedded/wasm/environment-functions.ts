import { identityCodec } from '../../bsatn/special/identity.ts';
import { connectionIdCodec } from '../../bsatn/special/connection-id.ts';
import { decode, encode } from '../../bsatn/codec.ts';
import { ConsoleTimers } from '../console-timers.ts';
import { errno } from '../errno.ts';
import { bytesSinkWrite } from './bytes-sink.ts';
import { consoleLog } from './console.ts';
import { answering } from './datastore-functions.ts';
import { type Guest } from './guest.ts';
import { type HostFunction } from './web-assembly.ts';

type Functions = readonly (readonly [string, HostFunction])[];

/** The host functions that are not about tables: bytes, log, identity, procedures. */
export function environmentFunctions(guest: Guest): Functions {
  return [...byteFunctions(guest), ...logFunctions(guest), ...callerFunctions(guest), ...procedureFunctions(guest)];
}

function byteFunctions(guest: Guest): Functions {
  const { handles } = guest;
  return [
    ['spacetime_10.0.bytes_sink_write', bytesSinkWrite(() => guest.memory, handles)],
    [
      'spacetime_10.0.bytes_source_read',
      (source: number, buffer: number, length: number) => {
        const { memory } = guest;
        const read = handles.read(source, memory.bytes(buffer, memory.u32(length)));
        if (read === undefined) return errno.noSuchBytes;
        memory.writeU32(length, read.length);
        return read.isExhausted ? -1 : 0;
      },
    ],
    [
      'spacetime_10.1.bytes_source_remaining_length',
      (source: number, out: number) => {
        const remaining = handles.remaining(source);
        if (remaining === undefined) return errno.noSuchBytes;
        guest.memory.writeU32(out, remaining);
        return 0;
      },
    ],
  ];
}

function logFunctions(guest: Guest): Functions {
  const { ops } = guest;
  const timers = new ConsoleTimers(ops);
  return [
    [
      'spacetime_10.0.console_log',
      consoleLog(
        () => guest.memory,
        (line) => {
          guest.lastLogLine = line.message;
          ops.log(line);
        },
      ),
    ],
    [
      'spacetime_10.0.console_timer_start',
      (name: number, length: number) => timers.start(guest.memory.lossyText(name, length)),
    ],
    ['spacetime_10.0.console_timer_end', (timer: number) => (timers.end(timer) ? 0 : errno.noSuchConsoleTimer)],
  ];
}

function callerFunctions(guest: Guest): Functions {
  const { ops, handles } = guest;
  return [
    [
      'spacetime_10.0.identity',
      (out: number) => {
        guest.memory.write(out, encode(identityCodec, ops.identity));
        return undefined;
      },
    ],
    [
      'spacetime_10.2.get_jwt',
      (connection: number, out: number) =>
        answering(() => {
          const id = decode(connectionIdCodec, guest.memory.bytes(connection, 16), 'a connection id');
          guest.memory.writeU32(out, handles.openSource(ops.tokenPayload(id) ?? new Uint8Array()));
        }),
    ],
    [
      'spacetime_10.0.volatile_nonatomic_schedule_immediate',
      (name: number, nameLength: number, args: number, argsLength: number) => {
        ops.scheduleNow(guest.memory.text(name, nameLength), guest.memory.copy(args, argsLength));
        return undefined;
      },
    ],
  ];
}

function procedureFunctions(guest: Guest): Functions {
  const { ops } = guest;
  return [
    // Procedures that wait run on threads of their own, where these two are carried out without blocking this one.
    [
      'spacetime_10.3.procedure_sleep_until',
      () => {
        throw new Error('only a procedure may call procedure_sleep_until');
      },
    ],
    [
      'spacetime_10.3.procedure_start_mut_tx',
      (out: number) => answering(() => guest.memory.writeU64(out, ops.startTransaction())),
    ],
    ['spacetime_10.3.procedure_commit_mut_tx', () => answering(() => ops.commitTransaction())],
    ['spacetime_10.3.procedure_abort_mut_tx', () => answering(() => ops.abortTransaction())],
    [
      'spacetime_10.3.procedure_http_request',
      (_request: number, _requestLength: number, _body: number, _bodyLength: number, _out: number) =>
        errno.wouldBlockTransaction,
    ],
  ];
}
