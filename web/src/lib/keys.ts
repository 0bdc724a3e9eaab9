// Which key presses are ours. Letters belong to whoever has the focus, and every key to an input method that composes.

/** What a decision needs of a `KeyboardEvent`. */
export type KeyPress = Pick<
  KeyboardEvent,
  "key" | "keyCode" | "isComposing" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "defaultPrevented"
> & { target: unknown };

/** What takes keys for itself while it has the focus. */
const TAKES_KEYS = [
  "input",
  "textarea",
  "select",
  "audio",
  "video",
  "[contenteditable]:not([contenteditable='false'])",
  "[role='textbox']",
  "[role='combobox']",
  "dialog",
  "[role='dialog']",
].join(", ");

/** The key code of every key press that an input method handles (UI Events, section 7.3.2). */
const HANDLED_BY_INPUT_METHOD = 229;

/**
 * Whether an input method takes this key. Safari ends the composition before it tells of the Enter that ended it, so
 * there only the key code says so.
 */
export const isComposing = ({ isComposing, keyCode }: Pick<KeyPress, "isComposing" | "keyCode">): boolean =>
  isComposing || keyCode === HANDLED_BY_INPUT_METHOD;

const takesKeys = (target: unknown): boolean =>
  typeof target === "object" &&
  target !== null &&
  "closest" in target &&
  (target as Element).closest(TAKES_KEYS) !== null;

/** Whether a key alone may be a shortcut: nobody is typing, and no dialog is open. */
export const mayBeShortcut = (press: KeyPress, isDialogOpen: boolean): boolean =>
  !isDialogOpen &&
  !isComposing(press) &&
  !press.defaultPrevented &&
  !(press.ctrlKey || press.metaKey || press.altKey) &&
  !takesKeys(press.target);

/** Whether a key with Ctrl or Command, or a function key, may be a shortcut: these work while one types, too. */
export const mayBeCommand = (press: KeyPress, isDialogOpen: boolean): boolean =>
  !isDialogOpen && !isComposing(press) && !press.defaultPrevented;

/**
 * Whether this key press sends what is in a field of several lines. On a touch screen Enter breaks the line, since its
 * keyboard has no Shift+Enter; a button sends there. Ctrl+Enter sends everywhere.
 */
export function sends(press: KeyPress, isTouch: boolean): boolean {
  if (press.key !== "Enter" || isComposing(press) || press.shiftKey || press.altKey) return false;
  return press.ctrlKey || press.metaKey || !isTouch;
}

/** Whether a finger is how one points here: then the keyboard is one of the screen. */
export const isTouchScreen = (): boolean => matchMedia("(hover: none) and (pointer: coarse)").matches;

/** Whether a dialog stands over the page. */
export const isDialogOpen = (): boolean => document.querySelector("dialog[open]") !== null;
