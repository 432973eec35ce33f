// What the page asks of its server. The token comes from the page's own address.

const TOKEN = new URLSearchParams(location.search).get("token") ?? "";

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { "X-Longweave-Token": TOKEN, ...options.headers } });
  } catch {
    throw new Error("The server does not answer. Has `longweave review` been ended?");
  }
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const said = isJson ? await response.json() : { error: await response.text() };
  if (!response.ok) throw new Error(said.error);
  return said;
}

const get = (path, values = {}) => ask(`${path}?${new URLSearchParams(values)}`);

export const getRun = () => get("/api/run");
export const getFound = (filters) => get("/api/search", filters);
export const getRows = (numbers) => get("/api/rows", { numbers: numbers.join(",") });
export const getSample = (number) => get(`/api/samples/${number}`);
export const getWindow = (number, document, values) => get(`/api/samples/${number}/documents/${document}`, values);

export const sendMark = (number, mark, reason) =>
  ask("/api/marks", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ number, mark, reason }),
  });
