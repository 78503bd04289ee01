import { describe, expect, test } from 'vitest';
import { loadHttpExchanges, loadRefusedUpgrades } from '../support/golden/http-transcript.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';

describe('the golden transcripts', () => {
  test.each(transcriptNames())('%s can be read, and every frame belongs to a connection that is open', (name) => {
    const { steps, server } = loadTranscript(name);
    expect(server).toBe('SpacetimeDB 2.8.3');
    const open = new Set<string>();
    for (const step of steps) {
      if (step.kind === 'open') open.add(step.connection);
      else if (step.kind !== 'expect') expect(open).toContain(step.connection);
      if (step.kind === 'closed') open.delete(step.connection);
    }
    expect(open.size + steps.filter((step) => step.kind === 'closed').length).toBeGreaterThan(0);
  });

  test('of HTTP and of refused upgrades can be read', () => {
    expect(loadHttpExchanges().map((exchange) => exchange.response.status)).toContain(530);
    expect(loadRefusedUpgrades().map((attempt) => attempt.status)).toContain(400);
  });
});
