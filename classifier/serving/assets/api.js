// Every call to the server; nobody else is ever called.
import { each, el, both } from "./dom.js";
import { PROBLEMS } from "./words.js";

const STORED = "cadrage-key";
let key = sessionStorage.getItem(STORED) || "";

export function useKey(value) {
  key = value.trim();
  if (key) sessionStorage.setItem(STORED, key);
  else sessionStorage.removeItem(STORED);
}

/** A problem document, or a server that does not answer. */
export class ApiError extends Error {
  constructor(problem, retry = 0) {
    super(problem.title || "");
    this.problem = problem;
    this.retry = retry;
  }

  get kind() {
    return (this.problem.type || "").split(":").pop();
  }

  /** The problem for a reader, in both languages. */
  show() {
    const { detail, fix } = this.problem;
    if (!detail) return el("p.warning", {}, both("unreachable"));
    return el(
      "p.warning",
      {},
      each((language) =>
        language === "fr" && PROBLEMS[this.kind] ? PROBLEMS[this.kind] : `${detail} ${fix}`,
      ),
    );
  }
}

/** Send a request; returns the answer, or throws ApiError. */
export async function call(path, body, accept = "application/json") {
  const headers = { Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers.Authorization = `Bearer ${key}`;
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError({});
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  const error = new ApiError(problem, Number(answer.headers.get("Retry-After")) || 0);
  if (error.kind === "unauthorized") document.dispatchEvent(new CustomEvent("needs-key"));
  throw error;
}

export const callJson = async (path, body) => (await call(path, body)).json();
