import { type Codec } from '../codec.ts';
import { type TimeDuration, timeDurationCodec } from './time-duration.ts';
import { type Timestamp, timestampCodec } from './timestamp.ts';

/** When a scheduled function runs: again and again, or once. */
export type ScheduleAt =
  | { readonly tag: 'Interval'; readonly value: TimeDuration }
  | { readonly tag: 'Time'; readonly value: Timestamp };

/** Makes the two forms of {@link ScheduleAt}. */
export const ScheduleAt: {
  /** Again and again, with this time between. */
  readonly interval: (duration: TimeDuration) => ScheduleAt;
  /** Once, at this time. */
  readonly time: (timestamp: Timestamp) => ScheduleAt;
} = {
  interval: (duration) => ({ tag: 'Interval', value: duration }),
  time: (timestamp) => ({ tag: 'Time', value: timestamp }),
};

/** Sum `Interval(TimeDuration)`, `Time(Timestamp)`. */
export const scheduleAtCodec: Codec<ScheduleAt> = {
  read: (reader) => {
    switch (reader.u8()) {
      case 0:
        return { tag: 'Interval', value: timeDurationCodec.read(reader) };
      case 1:
        return { tag: 'Time', value: timestampCodec.read(reader) };
      default:
        return reader.unknownTag('ScheduleAt');
    }
  },
  write: (writer, value) => {
    if (value.tag === 'Interval') {
      writer.u8(0);
      timeDurationCodec.write(writer, value.value);
    } else if (value.tag === 'Time') {
      writer.u8(1);
      timestampCodec.write(writer, value.value);
    } else {
      writer.unknownVariant('ScheduleAt', value, 'Interval, Time');
    }
  },
  minSize: 9,
};
