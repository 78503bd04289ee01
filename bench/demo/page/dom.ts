/** The one element below `parent` that `selector` names. Throws when it is missing or of another kind. */
export function find<T extends Element>(parent: ParentNode, selector: string, type: new () => T): T {
  const found = parent.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} ${selector}`);
  return found;
}

/** A copy of what the template that `selector` names has inside. */
export function copyOfTemplate<T extends Element>(selector: string, type: new () => T): T {
  const copy = find(document, selector, HTMLTemplateElement).content.cloneNode(true);
  if (!(copy instanceof DocumentFragment) || !(copy.firstElementChild instanceof type))
    throw new Error(`the template ${selector} has no ${type.name} inside`);
  return copy.firstElementChild;
}

/** Calls `submit` with the text of the only input of a form, which is emptied at once; should it fail, the text comes back. */
export function onSubmit(
  form: HTMLFormElement,
  submit: (text: string) => Promise<unknown>,
  report: (error: unknown) => void,
): void {
  const input = find(form, 'input', HTMLInputElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value;
    input.value = '';
    submit(text).catch((error: unknown) => {
      if (input.value === '') input.value = text;
      report(error);
    });
  });
}

/** Puts a text into a field, unless it is there already: the caret of whoever writes in it stays where it is. */
export function showIn(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  if (field.value === text) return;
  const { selectionStart, selectionEnd } = field;
  field.value = text;
  if (document.activeElement === field) field.setSelectionRange(selectionStart, selectionEnd);
}

/** What shows errors at the edge of a window, each for some seconds. */
export function reporterIn(element: HTMLElement): (error: unknown) => void {
  const problem = find(element, '.problem', HTMLParagraphElement);
  let hiding: number | undefined;
  return (error) => {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => (problem.hidden = true), 6000);
  };
}
