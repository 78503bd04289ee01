/** The one element of index.html that `selector` names. Throws when it is missing or of another kind. */
export function find<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} ${selector}`);
  return found;
}

/** A new element with children; texts are texts, never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** Calls `submit` with the text of the only input of a form, which is emptied when that went well. */
export function onSubmit(form: HTMLFormElement, submit: (text: string) => Promise<unknown>): void {
  const input = form.querySelector('input');
  if (input === null) throw new Error(`the form ${form.id} has no input`);
  const send = async (): Promise<void> => {
    const text = input.value;
    try {
      await submit(text);
      if (input.value === text) input.value = '';
    } catch (error) {
      showProblem(error);
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
}

let hiding: number | undefined;

/** Shows an error for some seconds. A `ReducerError` says what the module said. */
export function showProblem(error: unknown): void {
  const problem = find('#problem', HTMLParagraphElement);
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (problem.hidden = true), 5000);
}
