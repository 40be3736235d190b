// @xapi/xapi 3, over either of its transports.

import XAPI from "@xapi/xapi";
import * as story from "./story.mjs";

const { learner, course, registration } = story;
const xapi = new XAPI.default({
  endpoint: story.endpoint,
  auth: XAPI.default.toBasicAuth(story.key, story.secret),
  adapter: process.env.ADAPTER,
});
const data = async (answer) => (await answer).data;
const ids = async (answer) => (await data(answer)).statements.map((one) => one.id);

// Its errors over fetch hold no status, so the last one is kept.
const { fetch } = globalThis;
let lastStatus;
globalThis.fetch = async (...request) => {
  const answer = await fetch(...request);
  lastStatus = answer.status;
  return answer;
};
const status = (answer) => answer.then((good) => good.status, (bad) => bad.response?.status ?? lastStatus);

async function pages() {
  const found = [];
  let page = await data(xapi.getStatements({ agent: learner, limit: 2 }));
  found.push(page.statements.map((one) => one.id));
  while (page.more) {
    page = await data(xapi.getMoreStatements({ more: page.more }));
    found.push(page.statements.map((one) => one.id));
  }
  return found;
}

async function profile(kind, owner) {
  const named = { ...owner, profileId: "card" };
  const read = async () => xapi[`get${kind}`](named);
  await xapi[`create${kind}`]({ ...named, profile: { page: 1 } });
  const created = await read();
  const { etag } = created.headers;
  await xapi[`set${kind}`]({ ...named, profile: story.bookmark, etag, matchHeader: "If-Match" });
  const replaced = await data(read());
  const stale = await status(
    xapi[`set${kind}`]({ ...named, profile: { page: 2 }, etag, matchHeader: "If-Match" }),
  );
  const listed = await data(xapi[`get${kind}s`](owner));
  await xapi[`delete${kind}`](named);
  return { created: created.data, replaced, stale, listed, deleted: await status(read()) };
}

async function attachment() {
  const bytes = new TextEncoder().encode(story.text);
  const described = {
    usageType: XAPI.default.AttachmentUsages.CERTIFICATE_OF_COMPLETION,
    display: { th: "ใบประกาศ" },
    contentType: "text/plain",
    length: bytes.length,
    sha2: story.sha256(story.text),
  };
  const statement = { ...story.statement(story.completed, "c"), attachments: [described] };
  const [statementId] = await data(xapi.sendStatement({ statement, attachments: [bytes.buffer] }));
  const [alone, content] = await data(xapi.getStatement({ statementId, attachments: true }));
  const [listed, again] = await data(xapi.getStatements({ activity: course("c"), attachments: true }));
  return { id: alone.id, content, listed: listed.statements.map((one) => one.id), again };
}

await story.tell({
  about: async () => (await data(xapi.getAbout())).version,
  sent: async () => [
    ...(await data(xapi.sendStatement({ statement: story.first }))),
    ...(await data(xapi.sendStatement({ statement: story.second }))),
    ...(await data(xapi.sendStatements({ statements: story.batch }))),
  ],
  read: async ({ sent }) => data(xapi.getStatement({ statementId: sent[0] })),
  queries: async ({ sent }) => {
    const { stored } = await data(xapi.getStatement({ statementId: sent[1] }));
    const ask = (filter) => ids(xapi.getStatements({ agent: learner, ...filter }));
    return {
      verb: await ask({ verb: story.completed }),
      activity: await ask({ activity: course("a") }),
      registration: await ask({ registration }),
      ascending: await ask({ ascending: true }),
      limit: await ask({ limit: 2 }),
      since: await ask({ since: stored }),
      until: await ask({ until: stored }),
    };
  },
  pages,
  void: async ({ sent }) => {
    const target = sent[1];
    await xapi.voidStatement({ actor: story.teacher, statementId: target });
    return {
      plain: await status(xapi.getStatement({ statementId: target })),
      voided: (await data(xapi.getVoidedStatement({ voidedStatementId: target }))).id,
      left: await ids(xapi.getStatements({ agent: learner })),
    };
  },
  state: async () => {
    const owner = { agent: learner, activityId: course("a"), registration };
    const bookmark = { ...owner, stateId: "bookmark" };
    const notes = { ...owner, stateId: "notes", state: story.notes, contentType: "text/plain; charset=utf-8" };
    await xapi.createState({ ...bookmark, state: { page: 2, kept: true } });
    await xapi.createState({ ...bookmark, state: { page: 3 } });
    const merged = await data(xapi.getState(bookmark));
    await xapi.setState({ ...bookmark, state: story.bookmark });
    await xapi.setState(notes);
    const seen = {
      merged,
      bookmark: await data(xapi.getState(bookmark)),
      notes: await data(xapi.getState({ ...owner, stateId: "notes" })),
      listed: await data(xapi.getStates(owner)),
    };
    await xapi.deleteState(bookmark);
    seen.deleted = await status(xapi.getState(bookmark));
    seen.left = await data(xapi.getStates(owner));
    await xapi.deleteStates(owner);
    seen.cleared = await data(xapi.getStates(owner));
    return seen;
  },
  activityProfile: () => profile("ActivityProfile", { activityId: course("a") }),
  agentProfile: () => profile("AgentProfile", { agent: learner }),
  // In Node its axios replaces the Content-Type of a multipart body, boundary and all.
  ...(process.env.ADAPTER === "fetch" && { attachment }),
});
