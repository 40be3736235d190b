// What every client is asked to do; see ../story.py, which tells the same story and what must come of it.

import { createHash, randomUUID } from "node:crypto";

export const endpoint = process.env.ENDPOINT;
export const key = process.env.KEY;
export const secret = process.env.SECRET;

const home = "https://clients.example";
export const learner = { account: { homePage: home, name: process.env.LEARNER } };
export const teacher = { account: { homePage: home, name: "teacher" } };
export const registration = randomUUID();
export const completed = "http://adlnet.gov/expapi/verbs/completed";
export const experienced = "http://adlnet.gov/expapi/verbs/experienced";
export const course = (name) => `${home}/${process.env.LEARNER}/${name}`;
export const text = `ใบประกาศ ${process.env.LEARNER} ✓`;
export const bookmark = { page: 3, บท: "สอง" };
export const notes = "noted";

export function statement(verb, name, more = {}) {
  return {
    actor: { objectType: "Agent", ...learner },
    verb: { id: verb, display: { en: verb.split("/").pop() } },
    object: { objectType: "Activity", id: course(name), definition: { name: { th: "วิชา" } } },
    ...more,
  };
}

export const first = statement(completed, "a", {
  id: randomUUID(),
  context: { registration },
  result: { score: { scaled: 0.8 }, success: true, duration: "PT1H" },
});
export const second = statement(experienced, "b");
export const batch = [statement(experienced, "a"), statement(experienced, "b"), statement(completed, "b")];

// The SHA-256 of a text, as statements name it.
export const sha256 = (ofText) => createHash("sha256").update(ofText).digest("hex");

// Runs the chapters in order and prints what each saw, or the error that ended it.
export async function tell(chapters) {
  const seen = {};
  for (const [name, chapter] of Object.entries(chapters)) {
    try {
      seen[name] = await chapter(seen);
    } catch (error) {
      seen[name] = { error: String(error.stack ?? error) };
    }
  }
  console.log(JSON.stringify(seen));
}
