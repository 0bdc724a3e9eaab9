// Keeps the scroll position in a list that changes.

/** Closer to the bottom than this counts as at the bottom. */
const SLACK_PX = 24;

/**
 * Anchors the position in a list of rows (`data-row`): the bottom if it is visible, otherwise the row at the
 * top.
 */
export class ScrollAnchor {
  /** Whether the bottom of the list is visible. */
  atBottom = $state(true);

  #scroller: HTMLElement | null = null;
  #row: Element | null = null;
  #rowTop = 0;

  /**
   * `sticks` says whether to stay at the bottom when rows are appended; `moved` is called when the user has
   * scrolled, with the distances to both ends in pixels.
   */
  constructor(
    private readonly sticks: () => boolean,
    private readonly moved: (toTop: number, toBottom: number) => void,
  ) {}

  /** Anchors the position in this element, whose only child is the list (a Svelte attachment). */
  readonly hold = (scroller: HTMLElement): (() => void) => {
    this.#scroller = scroller;
    // Every change of height, from a translation to a phone's keyboard, passes here before it is painted.
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

  /** Restores the position after rows were added, removed or resized. */
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

  /** Scrolls an element of the list to the top, with some of the rows before it. */
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
