// The recorded shapes of payloads: `shapes/<noun>.txt`. Values that differ from run to run are replaced by their kind.
// `UPDATE_SHAPES=1` records them anew.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after } from "node:test";

const UPDATES = Boolean(process.env.UPDATE_SHAPES);
/** Words that are part of the interface, wherever they occur. */
const WORDS = new Set(
  `direct group public global broadcast text image system user admin moderator member pending accepted rejected basic
  medium premium done identical unavailable failed add remove read received everyone all mentions none conversation
  friend other jwt fr es en de pt light dark auto`.split(/\s+/),
);
/** Fields that depend on who has just come or gone. */
const FLEETING = { isOnline: "<boolean>", onlineUsers: "<list>" };
/** Fields whose keys are data. */
const MAPS = new Set(["messagesPerLanguage", "participantsPerLanguage", "reactionSummary", "byType"]);

function kind(text) {
  if (/^[0-9a-f]{24}$/.test(text)) return "<id>";
  if (/^[0-9a-f]{24}-[a-z]{2,3}(-\w+)*$/.test(text)) return "<id>-<language>";
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return "<time>";
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) && text.length > 60) return "<jwt>";
  if (/^[0-9a-f]{64}$/.test(text)) return "<secret>";
  if (/^[A-Z][A-Z_]{2,}$/.test(text) || WORDS.has(text) || text === "") return JSON.stringify(text);
  return "<text>";
}

/** A shape: the simple kinds that occur, and those of the fields and items. */
const shape = () => ({ kinds: new Set(), seen: 0, fields: null, item: null });

function add(to, value, name) {
  to.seen++;
  if (FLEETING[name]) to.kinds.add(FLEETING[name]);
  else if (Array.isArray(value)) {
    to.item ??= shape();
    for (const item of value) add(to.item, item);
  } else if (value !== null && typeof value === "object") {
    to.fields ??= new Map();
    to.objects = (to.objects ?? 0) + 1;
    for (const [key, field] of Object.entries(value)) {
      const shown = MAPS.has(name) ? "<key>" : key;
      if (!to.fields.has(shown)) to.fields.set(shown, shape());
      add(to.fields.get(shown), field, key);
    }
  } else if (typeof value === "string") to.kinds.add(kind(value));
  else to.kinds.add(typeof value === "number" ? "<number>" : String(value));
  return to;
}

function render(of, indent) {
  const simple = [...of.kinds].sort();
  if (of.item) simple.push(of.item.seen ? "list of" : "empty list");
  else if (of.fields) simple.push(of.fields.size ? "object" : "empty object");
  let text = ` ${simple.join(" or ")}`;
  if (of.item?.seen) text += render(of.item, indent);
  if (of.fields)
    for (const key of [...of.fields.keys()].sort()) {
      const field = of.fields.get(key);
      text += `\n${indent}  ${key}${field.seen < of.objects ? "?" : ""}:${render(field, `${indent}  `)}`;
    }
  return text;
}

/** The shape of a payload, as text. */
export const describe = (value) => render(add(shape(), value), "").trimStart();

/** The shapes of one noun. */
export function shapesOf(noun) {
  const file = new URL(`shapes/${noun}.txt`, import.meta.url);
  const recorded = new Map();
  if (existsSync(file))
    for (const section of readFileSync(file, "utf8").split(/^## /m).slice(1)) {
      const end = section.indexOf("\n");
      recorded.set(section.slice(0, end), section.slice(end).trim());
    }
  const used = new Map();
  after(() => {
    if (UPDATES) {
      const text = [...used].map(([name, shown]) => `## ${name}\n\n${shown}\n`).join("\n");
      writeFileSync(file, text);
    } else if (!process.execArgv.some((option) => option.startsWith("--test-name-pattern")))
      assert.deepEqual(
        [...recorded.keys()].filter((name) => !used.has(name)),
        [],
        "these shapes are not used",
      );
  });
  /** Compares a payload with the recorded shape, and returns it. */
  return (name, value) => {
    assert.ok(!used.has(name), `two shapes are called ${name}`);
    used.set(name, describe(value));
    if (!UPDATES)
      assert.equal(used.get(name), recorded.get(name), `the shape of ${name} (UPDATE_SHAPES=1 records it)`);
    return value;
  };
}
