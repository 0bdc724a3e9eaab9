// The documents of the old database, as they were imported.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BSON } from "bson";

/** All documents of a collection; ids and dates as they are written on the wire. */
export function documents(collection) {
  const bytes = readFileSync(join(process.env.MEESHY_CORPUS, "meeshy", `${collection}.bson`));
  const all = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at))
    all.push(plain(BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at)))));
  return all;
}

function plain(value) {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value?._bsontype === "ObjectId") return value.toHexString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || value._bsontype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** Documents by a key. */
export function grouped(all, key) {
  const groups = new Map();
  for (const one of all) {
    if (!groups.has(one[key])) groups.set(one[key], []);
    groups.get(one[key]).push(one);
  }
  return groups;
}
