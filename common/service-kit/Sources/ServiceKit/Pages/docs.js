// Shows /openapi.json as a page and sends requests from it. No library, no build step, no network but this service.
//
// Every node is built here, and every text of the description is put in as text, never as HTML. So nothing that a
// description or an answer contains can become markup or run.

/** Where the page goes. */
const page = document.getElementById("docs-page");
/** The OpenAPI description, once it is loaded. */
let description = {};
/** Counts the elements that need an id of their own. */
let lastID = 0;

// MARK: Building nodes

/** Makes an element. An attribute or a child that is null, undefined or false is left out. */
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === true) element.setAttribute(key, "");
    else if (isGiven(value)) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter(isGiven));
  return element;
}

const isGiven = (value) => value !== null && value !== undefined && value !== false;
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const newID = () => `docs-${++lastID}`;
const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const code = (value) => el("code", null, plain(value));
/** A path, which may break after each slash. */
const pathCode = (path) => el("code", { class: "path" }, path.split(/(?<=\/)/).flatMap((part) => [part, el("wbr")]));

/** A line of text with `code` in it. */
const inline = (line) => line.split("`").map((part, index) => (index % 2 === 1 ? code(part) : part));

/** Paragraphs, lists of lines that begin with "- ", and `code`: the Markdown that our descriptions use. */
function prose(text) {
  if (!text) return null;
  const blocks = text.trim().split(/\n\s*\n/).map((block) => {
    const lines = block.split("\n");
    return lines.every((line) => line.startsWith("- "))
      ? el("ul", null, lines.map((line) => el("li", null, inline(line.slice(2)))))
      : el("p", null, inline(block));
  });
  return el("div", { class: "prose" }, blocks);
}

// MARK: JSON

const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Indents JSON without reading its values: parsing and writing it again would change numbers such as 1.0.
 * Gives pieces of the form [kind, text].
 */
function indented(json) {
  const tokens = json.match(jsonToken) ?? [];
  const pieces = [];
  let depth = 0;
  const newLine = () => pieces.push(["space", "\n" + "  ".repeat(depth)]);
  tokens.forEach((token, index) => {
    if (token === "{" || token === "[") {
      pieces.push(["mark", token]);
      depth += 1;
      if (!/^[}\]]$/.test(tokens[index + 1])) newLine();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      if (!/^[{[]$/.test(tokens[index - 1])) newLine();
      pieces.push(["mark", token]);
    } else if (token === ",") {
      pieces.push(["mark", token]);
      newLine();
    } else if (token === ":") {
      pieces.push(["mark", ": "]);
    } else {
      const string = tokens[index + 1] === ":" ? "name" : "string";
      pieces.push([token.startsWith('"') ? string : "other", token]);
    }
  });
  return pieces;
}

const isJSON = (text) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Text in a box; JSON is indented, and coloured unless it is long. */
function textBox(text, attributes) {
  const box = el("pre", attributes);
  if (!isJSON(text)) box.append(text);
  else if (text.length > 20000) box.append(indented(text).map((piece) => piece[1]).join(""));
  else {
    for (const [kind, piece] of indented(text)) {
      box.append(kind === "mark" || kind === "space" ? piece : el("span", { class: `json-${kind}` }, piece));
    }
  }
  return box;
}

/** An example value: JSON, or, of another media type, the text itself. */
const exampleBox = (value, type) =>
  textBox(typeof value === "string" && !/json/.test(type ?? "") ? value : JSON.stringify(value));

// MARK: Schemas

/** Follows `#/components/...`. A field beside the reference, a description for example, replaces the target's. */
function resolve(value) {
  const followed = new Set();
  while (typeof value?.$ref === "string" && !followed.has(value.$ref)) {
    const { $ref, ...beside } = value;
    followed.add($ref);
    value = { ...$ref.split("/").slice(1).reduce((node, name) => node?.[name], description), ...beside };
  }
  return isObject(value) ? value : {};
}

/** A schema with its reference followed and the parts of `allOf` joined. */
function schemaOf(value) {
  const { allOf = [], ...own } = resolve(value);
  return [...allOf.map(schemaOf), own].reduce((all, part) => {
    const joined = { ...all, ...part };
    const properties = { ...all.properties };
    for (const [name, field] of Object.entries(part.properties ?? {})) {
      properties[name] = properties[name] ? { allOf: [properties[name], field] } : field;
    }
    if (Object.keys(properties).length > 0) joined.properties = properties;
    joined.required = [...(all.required ?? []), ...(part.required ?? [])];
    return joined;
  }, {});
}

const choicesOf = (schema) => schema.oneOf ?? schema.anyOf;

/** A range in words: "1 to 64 characters"; null if there is none. */
function range(least, most, unit = "") {
  if (least === undefined && most === undefined) return null;
  if (least === most) return `exactly ${least}${unit}`;
  if (most === undefined) return `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}

/** Type and bounds in words, such as "integer, 1 to 1000", as texts and nodes. */
function words(value) {
  const schema = schemaOf(value);
  if ("const" in schema) return ["always ", code(schema.const)];
  const choices = choicesOf(schema);
  if (choices) return choices.flatMap((choice, index) => [index > 0 ? " or " : "", words(choice)]);
  const types = [schema.type ?? (schema.properties ? "object" : "any value")].flat().join(" or ");
  const above = schema.exclusiveMinimum, below = schema.exclusiveMaximum;
  const parts = [
    types,
    schema.format && `format ${schema.format}`,
    range(schema.minimum, schema.maximum),
    above !== undefined && `more than ${above}`,
    below !== undefined && `less than ${below}`,
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minItems, schema.maxItems, " items"),
    schema.pattern && ["pattern ", code(schema.pattern)],
    schema.default !== undefined && [code(schema.default), " if it is missing"],
    schema.enum && "one of:",
  ].filter(isGiven);
  const text = parts.flatMap((part, index) => (index > 0 ? [", ", part] : [part]));
  return schema.items ? [text, "; each item: ", words(schema.items)] : text;
}

/** The values that an enumeration allows, also that of a list's items; null if there is none. */
function values(value) {
  const schema = schemaOf(value);
  if (!schema.enum) return schema.items ? values(schema.items) : null;
  return el("ul", { class: "values" }, schema.enum.map((one) => el("li", null, code(one))));
}

const firstExample = (schema) => schema.example ?? schema.examples?.[0];

/** A table of such rows. */
const tableOf = (rows, caption) =>
  el("table", null, caption && el("caption", null, caption), el("tbody", null, rows));

/** One row: a name with notes below it, and what is known of it. It is indented by the number of its parents. */
function row(name, notes, schema, text, example, parents = []) {
  const path = parents.length > 0 && el("span", { class: "spoken" }, parents.join(", ") + ", ");
  const label = [path, name === "*" ? "any other name" : code(name)];
  return el("tr", null,
    el("th", { scope: "row", class: parents.length > 0 && `level-${Math.min(parents.length, 4)}` },
      label, notes.filter(isGiven).map((note) => el("small", null, note))),
    el("td", null, el("div", { class: "words" }, words(schema)), values(schema), prose(text),
      example !== undefined && el("div", { class: "quiet" }, "Example: ", code(example))));
}

/** The rows of an object's fields, and of theirs below them. A schema that contains itself is shown once. */
function fieldRows(value, isRequest, parents = [], around = []) {
  if (around.includes(value?.$ref)) return [];
  const schema = schemaOf(value);
  const inside = value?.$ref ? [...around, value.$ref] : around;
  const parts = choicesOf(schema) ?? (schema.items ? [schema.items] : []);
  const fields = Object.entries(schema.properties ?? {});
  if (isObject(schema.additionalProperties)) fields.push(["*", schema.additionalProperties]);
  return parts.flatMap((part) => fieldRows(part, isRequest, parents, inside)).concat(fields.flatMap(([name, field]) => {
    const { description: text, ...known } = schemaOf(field);
    const isRequired = schema.required?.includes(name);
    const note = isRequest ? (isRequired ? "required" : "optional") : !isRequired && "may be missing";
    return [
      row(name, [name !== "*" && note], field, text, firstExample(known), parents),
      ...fieldRows(field, isRequest, [...parents, name], inside),
    ];
  }));
}

/** A schema as a table of its fields, or in one sentence if it has none. */
function schemaTable(value, isRequest) {
  const schema = schemaOf(value);
  const rows = fieldRows(value, isRequest);
  const only = schema.additionalProperties === false && schema.properties ? ", with no other fields" : "";
  const kind = [words(value), only];
  const about = prose(schema.description);
  if (rows.length === 0) return el("div", null, el("p", { class: "label" }, "Body: ", kind), values(value), about);
  return el("div", null, about, tableOf(rows, ["Body: ", kind]));
}

/** A value that fits a schema, for a body without an example. */
function sample(value, around = []) {
  const schema = schemaOf(value);
  const known = schema.const ?? firstExample(schema) ?? schema.default ?? schema.enum?.[0];
  if (known !== undefined || around.includes(value?.$ref)) return known ?? null;
  const inside = [...around, value?.$ref].filter(isGiven);
  const choices = choicesOf(schema);
  if (choices) return sample(choices[0], inside);
  const fields = Object.entries(schema.properties ?? {});
  switch ([schema.type].flat()[0] ?? (fields.length > 0 ? "object" : "null")) {
    case "object": return Object.fromEntries(fields.map(([name, field]) => [name, sample(field, inside)]));
    case "array": return schema.items ? [sample(schema.items, inside)] : [];
    case "string": return schema.format === "uuid" ? "00000000-0000-4000-8000-000000000000" : "text";
    case "integer": case "number": return schema.minimum ?? 0;
    case "boolean": return true;
    default: return null;
  }
}

/** The examples of a media type, or a value that its schema allows, each with a title that may be missing. */
function examplesOf(media) {
  const named = Object.entries(media.examples ?? {}).map(([name, example]) => {
    const { summary, value } = resolve(example);
    return { title: summary ?? name, value };
  });
  if (named.length > 0) return named;
  const value = media.example ?? (media.schema && sample(media.schema));
  return isGiven(value) ? [{ value }] : [];
}

/** The example of a parameter; the empty text if it has none. */
function parameterExample(parameter) {
  const named = Object.values(parameter.examples ?? {}).map((example) => resolve(example).value);
  const schema = schemaOf(parameter.schema);
  const value = parameter.example ?? named[0] ?? firstExample(schema) ?? schema.default;
  return Array.isArray(value) ? value.join(",") : isGiven(value) ? plain(value) : "";
}

// MARK: An operation

const reasons = {
  200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 400: "Bad Request", 403: "Forbidden",
  404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 409: "Conflict", 413: "Content Too Large",
  415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests",
  500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A status with its reason phrase (RFC 9110, section 15), in the colour of its class. */
const statusText = (status) =>
  el("span", { class: `status status-${String(status)[0]}` }, [status, reasons[status]].filter(isGiven).join(" "));

function requestSection(parameters, body) {
  const rows = parameters.map((parameter) => row(
    parameter.name, [`${parameter.in}, ${parameter.required ? "required" : "optional"}`], parameter.schema,
    parameter.description ?? schemaOf(parameter.schema).description, parameterExample(parameter) || undefined));
  const bodies = Object.entries(body?.content ?? {}).flatMap(([type, media]) => [
    el("h4", null, "Body ", el("span", { class: "quiet" }, type, body.required ? "" : ", optional")),
    prose(body.description), schemaTable(media.schema, true)]);
  const hasNone = rows.length + bodies.length === 0;
  return [
    hasNone && el("p", { class: "quiet" }, "This request has no parameters and no body."),
    rows.length > 0 && [el("h4", null, "Parameters"), tableOf(rows)], bodies];
}

function replySection(status, value, isOpen) {
  const reply = resolve(value);
  const headers = Object.entries(reply.headers ?? {}).map(([name, one]) => {
    const header = resolve(one);
    return row(name, [], header.schema, header.description, header.example);
  });
  const bodies = Object.entries(reply.content ?? {}).map(([type, media]) => {
    return [
      schemaTable(media.schema, false),
      examplesOf(media).map((example) => el("div", { class: "example" },
        el("p", { class: "label" }, "Example", example.title && `: ${example.title}`,
          type !== "application/json" && ` (${type})`),
        exampleBox(example.value, type))),
    ];
  });
  const [first, ...rest] = (reply.description ?? "").split(/\n\s*\n/);
  const codes = Object.values(reply.content ?? {}).map((media) => schemaOf(media.schema).properties?.error);
  return el("details", { class: "reply", open: isOpen },
    el("summary", null, el("div", null, statusText(status), " ", el("span", { class: "quiet" }, inline(first)),
      codes.map((one) => one && schemaOf(one).enum?.length <= 4 && values(one)))),
    el("div", null, prose(rest.join("\n\n")),
      headers.length > 0 && tableOf(headers, "Headers"),
      bodies, bodies.length === 0 && el("p", { class: "quiet" }, "This reply has no body.")));
}

function operationSection(method, path, item, operation) {
  const own = (operation.parameters ?? []).map(resolve);
  const isOwn = (one) => own.some((other) => other.name === one.name && other.in === one.in);
  const parameters = [...(item.parameters ?? []).map(resolve).filter((one) => !isOwn(one)), ...own];
  const body = operation.requestBody && resolve(operation.requestBody);
  const replies = Object.entries(operation.responses ?? {});
  const good = replies.findIndex(([status]) => status.startsWith("2"));
  const details = el("details", { class: "operation", id: operation.operationId ?? `${method} ${path}` },
    el("summary", null, el("h3", null,
      el("span", { class: `method ${method === "get" ? "get" : "post"}` }, method.toUpperCase()), pathCode(path),
      el("span", { class: "quiet" }, operation.summary, operation.deprecated && " (deprecated)"))),
    el("div", { class: "body" },
      el("div", { class: "request" }, prose(operation.description), requestSection(parameters, body)),
      tryIt(method, path, operation, parameters, body),
      el("div", { class: "replies" }, el("h4", null, "Replies"),
        replies.map(([status, reply], index) => replySection(status, reply, index === good)))));
  details.addEventListener("toggle", () => rememberInAddress(details));
  return details;
}

// MARK: Try it

/** The input of a parameter. One that is optional has a checkbox, and is sent only if that is checked. */
function parameterField(parameter) {
  const schema = schemaOf(parameter.schema);
  const choices = schema.enum ?? ([schema.type].flat().includes("boolean") ? [true, false] : []);
  const options = choices.map((value) => el("option", { value: plain(value) }));
  const list = options.length > 0 && el("datalist", { id: newID() }, options);
  const input = el("input", {
    type: "text", id: newID(), value: parameterExample(parameter), list: list && list.id, autocomplete: "off",
    autocapitalize: "off", spellcheck: "false", "aria-label": parameter.name,
  });
  const kind = el("span", { class: "quiet" }, parameter.required ? parameter.in : `${parameter.in}, optional`);
  if (parameter.required) {
    input.removeAttribute("aria-label");
    const node = el("div", { class: "field" }, el("label", { for: input.id }, code(parameter.name), kind), input, list);
    return { node, ...parameter, get value() { return input.value; } };
  }
  const checkbox = el("input", { type: "checkbox", "aria-label": `Send ${parameter.name}` });
  input.addEventListener("input", () => { checkbox.checked = true; });
  const node = el("div", { class: "field" }, el("label", null, checkbox, code(parameter.name), kind), input, list);
  return { node, ...parameter, get value() { return checkbox.checked ? input.value : null; } };
}

/** The textarea for a body, with a choice if there are several examples, and a note if the text is no JSON. */
function bodyField(body, onChange) {
  const [type, media] = Object.entries(body.content)[0];
  const examples = examplesOf(media).map(({ title, value }) => ({ title, text: JSON.stringify(value, null, 2) }));
  const text = el("textarea", { id: newID(), spellcheck: "false", autocapitalize: "off", "aria-describedby": newID() });
  text.defaultValue = examples[0]?.text ?? "";
  text.rows = Math.min(Math.max(text.value.split("\n").length, 3), 16);
  const note = el("p", { class: "quiet", id: text.getAttribute("aria-describedby") });
  const check = () => {
    const isWrong = /json/.test(type) && text.value !== "" && !isJSON(text.value);
    note.textContent = isWrong ? "This text is not JSON. You can send it, to see what the service answers." : "";
    note.hidden = !isWrong;
  };
  const choice = examples.length > 1 && el("select", { "aria-label": "Example body" },
    examples.map(({ title }, index) => el("option", { value: index }, title)));
  if (choice) {
    choice.addEventListener("change", () => {
      text.value = examples[choice.value].text;
      onChange();
    });
  }
  check();
  const node = el("div", { class: "field" },
    el("label", { for: text.id }, "Body", el("span", { class: "quiet" }, type)), choice, text, note);
  return { node, type, check, get value() { return text.value; } };
}

/** The request that a form describes. */
function requestFrom(method, path, fields, body, accept) {
  const given = (place) => fields.filter((field) => field.in === place && field.value !== null);
  const target = given("path").reduce(
    (text, field) => text.replaceAll(`{${field.name}}`, () => encodeURIComponent(field.value)), path);
  const query = given("query").map((field) => `${encodeURIComponent(field.name)}=${encodeURIComponent(field.value)}`);
  const server = new URL(description.servers?.[0]?.url ?? "/", document.baseURI).href.replace(/\/$/, "");
  const headers = given("header").map((field) => [field.name, field.value]);
  if (accept?.value) headers.push(["Accept", accept.value]);
  if (body?.value) headers.push(["Content-Type", body.type]);
  const url = server + target + (query.length > 0 ? "?" + query.join("&") : "");
  return { method: method.toUpperCase(), url, headers, body: body?.value || undefined };
}

/** The same request as a command for a POSIX shell. */
function curl({ method, url, headers, body }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  // curl sends a POST if it gets a body, and reads a body that begins with @ from a file.
  const verb = method === (body ? "POST" : "GET") ? "" : `-X ${method} `;
  return [
    `curl -i ${verb}${quoted(url)}`,
    ...headers.map(([name, value]) => `-H ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`),
    ...(body ? [`${body.startsWith("@") ? "--data-raw" : "-d"} ${quoted(body)}`] : []),
  ].join(" \\\n  ");
}

/** Copies text; where a page may not, it selects the element that shows the text. Tells what to do next. */
async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
  }
}

/** What an answer is, for the person who sent the request. */
function answerNodes(response, text) {
  const limit = 100000;
  const shown = text.slice(0, limit);
  const headers = [...response.headers].map(([name, value]) =>
    el("tr", null, el("th", { scope: "row" }, code(name)), el("td", null, code(value))));
  return [
    text === "" ? el("p", { class: "quiet" }, "The answer has no body.") : el("div", null,
      el("p", { class: "label" }, "Body"),
      textBox(shown, { tabindex: "0", role: "region", "aria-label": "Body of the answer" }),
      text.length > limit && el("p", { class: "quiet" }, `These are the first ${limit} of ${text.length} characters.`)),
    el("details", { open: true }, el("summary", null, `Headers (${headers.length})`), tableOf(headers)),
  ];
}

/** Why there is no answer, or no whole one. */
function failureText(error, response) {
  if (error.name === "AbortError") return "You cancelled the request. The service may have received it before that.";
  if (response) return `The answer began with status ${response.status} and then broke off: the connection was closed.`;
  return "The service did not answer. It is stopped, or the connection broke. Start it again, and press Send.";
}

/** The form that sends one operation. */
function tryIt(method, path, operation, parameters, bodyDescription) {
  const fields = parameters.filter((one) => ["path", "query", "header"].includes(one.in)).map(parameterField);
  const types = new Set(Object.entries(operation.responses ?? {})
    .flatMap(([status, reply]) => (status.startsWith("2") ? Object.keys(resolve(reply).content ?? {}) : [])));
  const accept = types.size > 1 && el("select", { id: newID() }, [...types].map((type) => el("option", null, type)));
  const body = bodyDescription?.content ? bodyField(bodyDescription, () => show()) : null;
  const command = el("pre", { class: "curl" });
  const copyButton = el("button", { type: "button", "aria-label": "Copy the curl command" }, "Copy");
  const cancel = el("button", { type: "button", hidden: true }, "Cancel");
  const send = el("button", { type: "submit", class: "main" }, "Send");
  const outcome = el("div", { class: "outcome", role: "status", "aria-live": "polite" });
  const answer = el("div", { class: "answer" });
  const current = () => requestFrom(method, path, fields, body, accept);
  const show = () => {
    body?.check();
    command.textContent = curl(current());
  };
  const form = el("form", { class: "try", novalidate: true, "aria-label": `Try ${method.toUpperCase()} ${path}` },
    el("h4", null, "Try it"), fields.map((field) => field.node),
    accept && el("div", { class: "field" },
      el("label", { for: accept.id }, code("Accept"), el("span", { class: "quiet" }, "header")), accept),
    body?.node,
    el("div", { class: "buttons" }, send, cancel,
      (fields.length > 0 || body) && el("button", { type: "reset" }, "Reset")),
    el("div", { class: "copy" }, el("p", { class: "label" }, "The same request in a shell"), copyButton),
    command, outcome, answer);

  let running = null;
  async function submit() {
    if (running) return;
    running = new AbortController();
    cancel.hidden = false;
    outcome.replaceChildren(el("p", null, "Sent. Waiting for the answer."));
    answer.replaceChildren();
    let response = null;
    try {
      const { url, headers, ...request } = current();
      const started = performance.now();
      const signal = running.signal;
      response = await fetch(url, { ...request, headers: headersOf(headers), cache: "no-store", signal });
      const text = await response.text();
      const milliseconds = Math.max(1, Math.round(performance.now() - started));
      const known = operation.responses?.[response.status];
      const meaning = known ? resolve(known).description : "The description does not name this status.";
      outcome.replaceChildren(
        el("p", null, statusText(response.status), ` after ${milliseconds} ms`), prose(meaning) ?? "");
      answer.replaceChildren(...answerNodes(response, text));
    } catch (error) {
      const text = error instanceof RangeError ? error.message : failureText(error, response);
      outcome.replaceChildren(el("p", { class: "status status-5" }, "No answer"), el("p", null, text));
    }
    running = null;
    // A button that vanishes while it has the focus would leave the keyboard nowhere.
    if (document.activeElement === cancel) send.focus();
    cancel.hidden = true;
  }

  form.addEventListener("input", show);
  // The fields change after the event.
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  cancel.addEventListener("click", () => running?.abort());
  copyButton.addEventListener("click", async () => {
    copyButton.textContent = await copy(command.textContent, command);
    setTimeout(() => { copyButton.textContent = "Copy"; }, 2000);
  });
  show();
  return form;
}

/** Headers for fetch. Throws a RangeError that says which header a browser refuses. */
function headersOf(pairs) {
  const headers = new Headers();
  for (const [name, value] of pairs) {
    try {
      headers.append(name, value);
    } catch {
      throw new RangeError(`A browser cannot send this value in the header ${name}. The curl command can.`);
    }
  }
  return headers;
}

// MARK: The page

/** Keeps the open operation in the address, so that the address can be given to others. */
function rememberInAddress(details) {
  if (details.open) history.replaceState(null, "", markOf(details));
  else if (location.hash === markOf(details)) history.replaceState(null, "", location.pathname + location.search);
}

/** What stands in the address for an operation. */
const markOf = (details) => `#${encodeURIComponent(details.id)}`;

/** Opens the operation that the address names. */
function openFromAddress() {
  const details = [...page.querySelectorAll(".operation")].find((one) => markOf(one) === location.hash);
  if (!details) return;
  details.open = true;
  details.scrollIntoView();
  details.querySelector("summary").focus({ preventScroll: true });
}

/** The operations of each tag, in the order of the description; those without a tag come last. */
function operationsByTag() {
  const groups = new Map((description.tags ?? []).map((tag) => [tag.name, { ...tag, operations: [] }]));
  for (const [path, item] of Object.entries(description.paths ?? {})) {
    for (const method of ["get", "post", "put", "patch", "delete", "head", "options"]) {
      if (!item[method]) continue;
      const name = item[method].tags?.[0] ?? "Other";
      if (!groups.has(name)) groups.set(name, { name, operations: [] });
      groups.get(name).operations.push(operationSection(method, path, item, item[method]));
    }
  }
  return [...groups.values()].filter((group) => group.operations.length > 0);
}

function showDescription() {
  const { title = "API", version, description: text } = description.info ?? {};
  document.title = `${title}: API documentation`;
  page.replaceChildren(
    el("header", null,
      el("h1", null, title, " ", version && el("span", { class: "version" }, `version ${version}`)), prose(text)),
    ...operationsByTag().map(({ name, description: about, operations }) => {
      const id = newID();
      return el("section", { "aria-labelledby": id }, el("h2", { id }, name), prose(about), operations);
    }),
    el("footer", null, "This page shows ", el("a", { href: "openapi.json" }, "/openapi.json"),
      ", the OpenAPI ", description.openapi, " description of this service."));
  openFromAddress();
}

async function load() {
  try {
    const response = await fetch("openapi.json", { cache: "no-cache" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    description = await response.json();
    showDescription();
  } catch (error) {
    const again = el("button", { type: "button", class: "main" }, "Try again");
    again.addEventListener("click", load);
    page.replaceChildren(el("h1", null, "API documentation"), el("div", { role: "alert" },
      el("p", null, "The description of this service, /openapi.json, could not be shown. The service may be stopped."),
      el("p", { class: "quiet" }, `The browser says: ${error.message}`)), el("p", { class: "buttons" }, again));
  }
}

addEventListener("hashchange", openFromAddress);
load();
