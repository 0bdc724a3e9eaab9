// What came of submitting a form.

import { ApiError } from "../api/client";
import { problemOf } from "./problems";

export class Attempt {
  #outcome = $state("");
  #problem = $state<{ field: string | undefined; text: string } | null>(null);

  /** Does the work of a form, which returns what to say when it is done. */
  async run(work: () => Promise<string>): Promise<void> {
    [this.#problem, this.#outcome] = [null, ""];
    try {
      this.#outcome = await work();
    } catch (error) {
      const field = error instanceof ApiError ? error.field : undefined;
      this.#problem = { field, text: problemOf(error) };
    }
  }

  /** What was done; empty if nothing was. */
  get outcome(): string {
    return this.#outcome;
  }

  /** What is wrong with a field. */
  problemAt(field: string): string | undefined {
    return this.#problem?.field === field ? this.#problem.text : undefined;
  }

  /** What is wrong, unless it is with one of these fields. */
  problemBeside(...fields: string[]): string | undefined {
    return fields.includes(this.#problem?.field ?? "") ? undefined : this.#problem?.text;
  }
}
