import { bytesToKey, fromHex } from '../../bsatn/bytes.ts';
import { type ComparisonCondition, type Condition } from './condition.ts';
import { parseLiteral } from './literal.ts';
import { type Scalar } from './scalar.ts';
import { type Caller, type Scope } from './scope.ts';
import { SqlError } from './sql-error.ts';
import { boolType, identityType, isComparable, type ValueType } from './value-type.ts';

/** Where names come from, and who asks. */
export interface TypeContext {
  readonly scope: Scope;
  readonly caller: Caller;
}

/** Settles the names and types of a WHERE. Throws an {@link SqlError} where they do not fit. */
export function typeCondition(scalar: Scalar, context: TypeContext): Condition {
  return typeScalar(scalar, boolType, context).condition;
}

interface Typed {
  readonly condition: Condition;
  readonly type: ValueType;
}

/** `expected` is the type that the surroundings ask for, where they do; only a literal needs one. */
function typeScalar(scalar: Scalar, expected: ValueType | undefined, context: TypeContext): Typed {
  switch (scalar.kind) {
    case 'literal': {
      const { literal } = scalar;
      if (literal.kind === 'boolean') return checkType({ kind: 'value', value: literal.value }, boolType, expected);
      if (expected === undefined) throw new SqlError('Cannot resolve type for literal expression');
      return { condition: { kind: 'value', value: parseLiteral(literal, expected) }, type: expected };
    }
    case 'sender':
      return typeSender(expected, context);
    case 'column': {
      const { reference, type } = context.scope.column(scalar);
      return checkType(reference, type, expected);
    }
    case 'comparison':
      checkExpected(boolType, expected);
      return { condition: typeComparison(scalar, context), type: boolType };
    case 'logic': {
      checkExpected(boolType, expected);
      const parts = logicParts(scalar).map((part) => typeScalar(part, boolType, context).condition);
      return { condition: { kind: scalar.operator, parts }, type: boolType };
    }
  }
}

/** A literal and the sender take the type of the other side; of two other expressions the left one says the type. */
export function typeComparison(
  scalar: Extract<Scalar, { kind: 'comparison' }>,
  context: TypeContext,
): ComparisonCondition {
  const isLeftOpen = scalar.left.kind === 'literal' || scalar.left.kind === 'sender';
  const first = typeScalar(isLeftOpen ? scalar.right : scalar.left, undefined, context);
  const second = typeScalar(isLeftOpen ? scalar.left : scalar.right, first.type, context);
  if (!isComparable(first.type)) {
    throw new SqlError(`Invalid binary operator \`${scalar.operator}\` for type \`${first.type.name}\``);
  }
  const [left, right] = isLeftOpen ? [second, first] : [first, second];
  const { operator } = scalar;
  return {
    kind: 'comparison',
    operator,
    left: left.condition,
    right: right.condition,
    valueKind: first.type.kind,
  };
}

function typeSender(expected: ValueType | undefined, { scope, caller }: TypeContext): Typed {
  scope.dependsOnSender = true;
  if (expected?.kind === 'bytes') {
    // In the order of the hex text, most significant byte first.
    return { condition: { kind: 'value', value: bytesToKey(fromHex(caller.identity.toHexString())) }, type: expected };
  }
  return checkType({ kind: 'value', value: caller.identity.value }, identityType, expected);
}

/** `a AND b AND c` leans to the left; its parts from left to right. */
function logicParts(scalar: Extract<Scalar, { kind: 'logic' }>): readonly Scalar[] {
  const parts: Scalar[] = [];
  let left: Scalar = scalar;
  for (; left.kind === 'logic' && left.operator === scalar.operator; left = left.left) parts.push(left.right);
  return [left, ...parts.reverse()];
}

function checkType(condition: Condition, type: ValueType, expected: ValueType | undefined): Typed {
  checkExpected(type, expected);
  return { condition, type };
}

/** The server calls what an expression is the expected type, and what it should be the inferred one. */
export function checkExpected(type: ValueType, expected: ValueType | undefined): void {
  if (expected === undefined || expected.name === type.name) return;
  throw new SqlError(`Unexpected type: (expected) ${type.name} != ${expected.name} (inferred)`);
}
