export { type SeededRandom, seededRandom } from '../../src/embedded/kit/seeded-random.ts';
