// A notation for objects: `name:type` is required, `name?:type` may be absent; types are joined by `|`, lists end in `[]`,
// `{…}` is an object, `{*:type}` a map, and text in quotes is itself. Further fields are allowed, as the old clients
// ignore them.

import assert from "node:assert/strict";

const ID = /^[0-9a-f]{24}$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LANGUAGE = /^[a-z]{2,3}$/;

const simple = {
  string: (value) => typeof value === "string",
  text: (value) => typeof value === "string" && value !== "",
  number: (value) => typeof value === "number",
  count: (value) => Number.isInteger(value) && value >= 0,
  bool: (value) => typeof value === "boolean",
  true: (value) => value === true,
  false: (value) => value === false,
  null: (value) => value === null,
  any: (value) => value !== undefined,
  id: (value) => typeof value === "string" && ID.test(value),
  date: (value) => typeof value === "string" && DATE.test(value),
  language: (value) => typeof value === "string" && LANGUAGE.test(value),
  jwt: (value) => typeof value === "string" && value.split(".").length === 3,
};

function parser(text) {
  const tokens = text.match(/"[^"]*"|\w+|[{}|:?*]|\[\]/g) ?? [];
  let at = 0;
  const take = (token) => tokens[at] === token && Boolean(++at);

  function one() {
    const token = tokens[at++];
    if (token !== "{") return token.startsWith('"') ? { constant: JSON.parse(token) } : { name: token };
    if (take("*")) {
      take(":");
      const map = type();
      assert.ok(take("}"), text);
      return { map };
    }
    const fields = [];
    while (!take("}")) {
      const name = tokens[at++];
      assert.ok(name, `unfinished: ${text}`);
      const isOptional = take("?");
      fields.push({ name, isOptional, type: take(":") ? type() : { name: "any" } });
    }
    return { fields };
  }
  function type() {
    const options = [];
    do {
      let option = one();
      while (take("[]")) option = { list: option };
      options.push(option);
    } while (take("|"));
    return options.length === 1 ? options[0] : { options };
  }
  return type();
}

/** Declares named types, each as `Name = type`, and returns how to check values. */
export function notation(text) {
  const named = new Map();
  for (const declaration of text.split(/^(?=\w+ = )/m).filter((part) => part.includes(" = "))) {
    const [name, type] = declaration.split(/ = ([^]*)/);
    named.set(name, parser(type));
  }

  function problems(value, type, path) {
    if (type.constant !== undefined)
      return value === type.constant ? [] : [`${path} is not "${type.constant}"`];
    if (type.options) {
      const all = type.options.map((option) => problems(value, option, path));
      return all.some((found) => found.length === 0)
        ? []
        : all.reduce((one, other) => (one.length > other.length ? one : other));
    }
    if (type.list)
      return Array.isArray(value)
        ? value.flatMap((item, at) => problems(item, type.list, `${path}[${at}]`))
        : [`${path} is not a list`];
    if (type.name && simple[type.name])
      return simple[type.name](value)
        ? []
        : [`${path} is not ${type.name}: ${JSON.stringify(value)?.slice(0, 200)}`];
    if (type.name) {
      assert.ok(named.has(type.name), `there is no type ${type.name}`);
      return problems(value, named.get(type.name), path);
    }
    if (value === null || typeof value !== "object" || Array.isArray(value))
      return [`${path} is not an object`];
    if (type.map)
      return Object.entries(value).flatMap(([key, item]) => problems(item, type.map, `${path}.${key}`));
    return type.fields.flatMap((field) =>
      value[field.name] === undefined
        ? field.isOptional
          ? []
          : [`${path}.${field.name} is missing`]
        : problems(value[field.name], field.type, `${path}.${field.name}`),
    );
  }

  /** Fails with all differences, and returns the value. */
  return (value, type) => {
    assert.deepEqual(problems(value, parser(type), type), []);
    return value;
  };
}
