// Where a reader is in a scrolled list, kept whatever changes around it.

/** Nearer to the bottom than this is at the bottom. */
const SLACK_PX = 24;

/** Holds the place in a list of rows (`data-row`): the end for those who are there, else the row at the top. */
export class Place {
  /** Whether the bottom of the list is in sight. */
  atBottom = $state(true);

  #scroller: HTMLElement | null = null;
  #row: Element | null = null;
  #rowTop = 0;

  /**
   * `sticks` says whether to stay at the bottom when something comes behind it; `moved` is called when the reader has
   * moved, with the distances to both ends in pixels.
   */
  constructor(
    private readonly sticks: () => boolean,
    private readonly moved: (toTop: number, toBottom: number) => void,
  ) {}

  /** Holds the place in this element, whose only child is the list (a Svelte attachment). */
  readonly hold = (scroller: HTMLElement): (() => void) => {
    this.#scroller = scroller;
    // Whatever changes a height, from a translation to the keyboard of a phone, comes by here before it is painted.
    const observer = new ResizeObserver(() => this.restore());
    observer.observe(scroller);
    if (scroller.firstElementChild) observer.observe(scroller.firstElementChild);
    const onscroll = () => {
      this.#remember();
      this.moved(scroller.scrollTop, this.#toBottom());
    };
    scroller.addEventListener("scroll", onscroll, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener("scroll", onscroll);
      this.#scroller = null;
    };
  };

  /** Back to the place, after rows have come, gone or grown. */
  restore(): void {
    if (!this.#scroller) return;
    if (this.atBottom && this.sticks()) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    else if (this.#row?.isConnected) this.#scroller.scrollTop += this.#topOf(this.#row) - this.#rowTop;
    this.#remember();
  }

  toBottom(): void {
    this.atBottom = true;
    if (this.#scroller) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Shows an element of the list at the top, with a little of what is before it. */
  toElement(element: Element): void {
    if (!this.#scroller) return;
    this.#scroller.scrollTop += this.#topOf(element) - this.#scroller.clientHeight / 5;
    this.#remember();
  }

  #remember(): void {
    if (!this.#scroller) return;
    this.atBottom = this.#toBottom() < SLACK_PX;
    const rows = [...this.#scroller.querySelectorAll("[data-row]")];
    this.#row = rows.find((row) => this.#topOf(row) + row.clientHeight > 0) ?? null;
    this.#rowTop = this.#row ? this.#topOf(this.#row) : 0;
  }

  #toBottom(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller ?? {
      scrollHeight: 0,
      scrollTop: 0,
      clientHeight: 0,
    };
    return scrollHeight - scrollTop - clientHeight;
  }

  #topOf(element: Element): number {
    return element.getBoundingClientRect().top - (this.#scroller?.getBoundingClientRect().top ?? 0);
  }
}
