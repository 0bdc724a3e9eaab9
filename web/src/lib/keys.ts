// Which key presses are shortcuts. Letters belong to the focused element, and every key to an active input
// method.

/** The properties of a `KeyboardEvent` that matter here. */
export type KeyPress = Pick<
  KeyboardEvent,
  "key" | "keyCode" | "isComposing" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "defaultPrevented"
> & { target: unknown };

/** Elements that handle keys themselves while focused. */
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

/** The key code of every key press handled by an input method (UI Events, section 7.3.2). */
const HANDLED_BY_INPUT_METHOD = 229;

/**
 * Whether an input method handles this key. Safari ends the composition before it reports the Enter that
 * ended it, so only the key code indicates it there.
 */
export const isComposing = ({ isComposing, keyCode }: Pick<KeyPress, "isComposing" | "keyCode">): boolean =>
  isComposing || keyCode === HANDLED_BY_INPUT_METHOD;

const takesKeys = (target: unknown): boolean =>
  typeof target === "object" &&
  target !== null &&
  "closest" in target &&
  (target as Element).closest(TAKES_KEYS) !== null;

/** Whether a plain key may be a shortcut: nobody is typing, and no dialog is open. */
export const mayBeShortcut = (press: KeyPress, isDialogOpen: boolean): boolean =>
  !isDialogOpen &&
  !isComposing(press) &&
  !press.defaultPrevented &&
  !(press.ctrlKey || press.metaKey || press.altKey) &&
  !takesKeys(press.target);

/** Whether a key with Ctrl or Command, or a function key, may be a shortcut: these also work while typing. */
export const mayBeCommand = (press: KeyPress, isDialogOpen: boolean): boolean =>
  !isDialogOpen && !isComposing(press) && !press.defaultPrevented;

/**
 * Whether this key press sends the text of a multi-line field. On a touch screen, Enter inserts a line break,
 * because its keyboard has no Shift+Enter; a button sends there. Ctrl+Enter sends everywhere.
 */
export function sends(press: KeyPress, isTouch: boolean): boolean {
  if (press.key !== "Enter" || isComposing(press) || press.shiftKey || press.altKey) return false;
  return press.ctrlKey || press.metaKey || !isTouch;
}

/** Whether the primary pointer is a finger: the keyboard is then an on-screen one. */
export const isTouchScreen = (): boolean => matchMedia("(hover: none) and (pointer: coarse)").matches;

/** Whether a dialog is open. */
export const isDialogOpen = (): boolean => document.querySelector("dialog[open]") !== null;
