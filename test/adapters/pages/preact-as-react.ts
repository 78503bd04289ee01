/** What the components use of React, as Preact has it. */
export { h as createElement } from 'preact';
export { useState } from 'preact/hooks';
