import { type ProcedureOutcome, type ReducerOutcome } from '../commit.ts';
import { type CallRequest, ClientRefusedError } from '../database.ts';
import { type Host } from '../host.ts';
import { headerOf, type HttpAnswer, jsonAnswer, textAnswer, withHeaders } from './http-message.ts';
import { type DatabaseRouteContext } from './router.ts';
import { positionalPrinter } from './value-json.ts';

/** The status of a reducer that did not commit. */
const reducerFailed = 530;

/** Calls a reducer or, where there is none of that name, a procedure, with arguments in JSON. */
export async function callFunction(context: DatabaseRouteContext): Promise<HttpAnswer> {
  const { host, request, parameter: name } = context;
  const contentType = headerOf(request, 'content-type');
  if (contentType === undefined) return textAnswer(400, 'Header of type `content-type` was missing');
  if (contentType !== 'application/json') return textAnswer(415, 'Expected content-type to be application/json');
  const args = Buffer.from(request.body).toString('utf8');
  return connected(context, async (caller) => {
    const reducer = host.database.callReducer({ name, args, ...caller });
    if (!isUnknown(reducer)) return reducerAnswer(reducer);
    return procedureAnswer(host, name, await host.database.callProcedure({ name, args, ...caller }));
  });
}

/** Runs `work` as a client that connects before it and disconnects after it. */
export async function connected(
  { host, caller }: DatabaseRouteContext,
  work: (caller: Pick<CallRequest, 'identity' | 'connectionId'>) => HttpAnswer | Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const { identity } = caller;
  const connectionId = host.newConnectionId();
  try {
    host.connect(caller, connectionId);
  } catch (error) {
    if (error instanceof ClientRefusedError) return textAnswer(403, error.message);
    throw error;
  }
  try {
    return await work({ identity, connectionId });
  } finally {
    // Who is connected to a database that closes disconnects when it is opened again.
    if (!host.isClosed) host.database.disconnect(identity, connectionId);
  }
}

function isUnknown(outcome: ReducerOutcome): boolean {
  return outcome.tag === 'internalError' && outcome.reason === 'unknownFunction';
}

function reducerAnswer(outcome: ReducerOutcome): HttpAnswer {
  switch (outcome.tag) {
    case 'committed':
      return withHeaders(textAnswer(200, ''), {
        'spacetime-energy-used': '0',
        'spacetime-execution-duration-micros': String(outcome.durationMicros),
      });
    case 'failed':
      return textAnswer(reducerFailed, outcome.message);
    case 'internalError':
      return textAnswer(outcome.reason === 'fatal' ? reducerFailed : 400, outcome.message);
  }
}

function procedureAnswer(host: Host, name: string, outcome: ProcedureOutcome): HttpAnswer {
  if (outcome.tag === 'internalError') {
    const status = { unknownFunction: 404, lifecycle: 400, invalidArguments: 400, fatal: 500 }[outcome.reason];
    return textAnswer(status, outcome.message);
  }
  const { procedures, typespace } = host.database.module;
  const procedure = procedures.find((one) => one.name.canonical === name);
  if (procedure === undefined) throw new Error(`procedure ${name} ran, but the module does not have it`);
  return jsonAnswer(positionalPrinter(procedure.returns, typespace)(outcome.value));
}
