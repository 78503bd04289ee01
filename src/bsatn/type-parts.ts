import { type AlgebraicType } from './algebraic-type.ts';

/** The types that a type is made of; refs are not followed. */
export function partsOf(type: AlgebraicType): readonly AlgebraicType[] {
  switch (type.tag) {
    case 'Array':
      return [type.element];
    case 'Product':
      return type.elements.map((element) => element.type);
    case 'Sum':
      return type.variants.map((variant) => variant.type);
    default:
      return [];
  }
}

/** What people call the special types that have no parts. */
export const specialNames = {
  identity: 'Identity',
  connectionId: 'ConnectionId',
  timestamp: 'Timestamp',
  timeDuration: 'TimeDuration',
  uuid: 'Uuid',
  scheduleAt: 'ScheduleAt',
} as const;
