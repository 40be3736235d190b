// tincanjs 0.50, through its callbacks.

import TinCan from "tincanjs";
import * as story from "./story.mjs";

const { course, registration } = story;
const lrs = new TinCan.LRS({
  endpoint: story.endpoint,
  username: story.key,
  password: story.secret,
  allowFail: false,
});
const agent = new TinCan.Agent(story.learner);
const activity = (name) => new TinCan.Activity({ id: course(name) });
const unstamped = (one) => new TinCan.Statement(one, { doStamp: false });

// Calls lrs[method](...given, {...options, callback}); rejects with the HTTP status it was told.
const call = (method, ...given) =>
  new Promise((resolve, reject) => {
    const options = given.pop();
    lrs[method](...given, {
      ...options,
      callback: (error, result) =>
        error === null
          ? resolve(result)
          : reject(Object.assign(new Error(`${method}: ${error} ${result?.responseText}`), { status: error })),
    });
  });
const status = (answer) => answer.then(() => 200, (error) => error.status);
const ids = (result) => result.statements.map((one) => one.id);
const query = async (params) => ids(await call("queryStatements", { params: { agent, ...params } }));

async function pages() {
  const found = [];
  let page = await call("queryStatements", { params: { agent, limit: 2 } });
  found.push(ids(page));
  while (page.more) {
    page = await call("moreStatements", { url: page.more });
    found.push(ids(page));
  }
  return found;
}

async function profile(kind, owner) {
  const json = { ...owner, contentType: "application/json" };
  const read = () => call(`retrieve${kind}`, "card", owner);
  await call(`save${kind}`, "card", { page: 1 }, json);
  const created = await read();
  await call(`save${kind}`, "card", story.bookmark, { ...json, lastSHA1: created.etag });
  const replaced = await read();
  const stale = await status(call(`save${kind}`, "card", { page: 2 }, { ...json, lastSHA1: created.etag }));
  const listed = await call(`retrieve${kind}Ids`, owner);
  await call(`drop${kind}`, "card", owner);
  const deleted = (await read()) === null ? 404 : 200;
  return { created: created.contents, replaced: replaced.contents, stale, listed, deleted };
}

await story.tell({
  about: async () => (await call("about", {})).version,
  sent: async () => {
    await call("saveStatement", unstamped(story.first), {});
    const second = await call("saveStatement", unstamped(story.second), {});
    const batch = await call("saveStatements", story.batch.map(unstamped), {});
    return [story.first.id, ...JSON.parse(second.responseText), ...JSON.parse(batch.responseText)];
  },
  read: async ({ sent }) => {
    const { stored, authority, version, ...rest } = await call("retrieveStatement", sent[0], {});
    return { ...new TinCan.Statement(rest).asVersion("1.0.2"), stored, authority, version };
  },
  queries: async ({ sent }) => {
    const { stored } = await call("retrieveStatement", sent[1], {});
    return {
      verb: await query({ verb: new TinCan.Verb({ id: story.completed }) }),
      activity: await query({ activity: activity("a") }),
      registration: await query({ registration }),
      ascending: await query({ ascending: true }),
      limit: await query({ limit: 2 }),
      since: await query({ since: stored }),
      until: await query({ until: stored }),
    };
  },
  pages,
  void: async ({ sent }) => {
    const target = sent[1];
    const object = { objectType: "StatementRef", id: target };
    const verb = { id: "http://adlnet.gov/expapi/verbs/voided" };
    await call("saveStatement", new TinCan.Statement({ actor: story.teacher, verb, object }), {});
    return {
      plain: await status(call("retrieveStatement", target, {})),
      voided: (await call("retrieveVoidedStatement", target, {})).id,
      left: await query({}),
    };
  },
  state: async () => {
    const owner = { agent, activity: activity("a"), registration };
    const json = { ...owner, contentType: "application/json" };
    await call("saveState", "bookmark", { page: 2, kept: true }, { ...json, method: "POST" });
    await call("saveState", "bookmark", { page: 3 }, { ...json, method: "POST" });
    const merged = (await call("retrieveState", "bookmark", owner)).contents;
    await call("saveState", "bookmark", story.bookmark, json);
    await call("saveState", "notes", story.notes, { ...owner, contentType: "text/plain; charset=utf-8" });
    const seen = {
      merged,
      bookmark: (await call("retrieveState", "bookmark", owner)).contents,
      notes: (await call("retrieveState", "notes", owner)).contents,
      listed: await call("retrieveStateIds", owner),
    };
    await call("dropState", "bookmark", owner);
    seen.deleted = (await call("retrieveState", "bookmark", owner)) === null ? 404 : 200;
    seen.left = await call("retrieveStateIds", owner);
    await call("dropState", null, owner);
    seen.cleared = await call("retrieveStateIds", owner);
    return seen;
  },
  activityProfile: () => profile("ActivityProfile", { activity: activity("a") }),
  agentProfile: () => profile("AgentProfile", { agent }),
  attachment: async () => {
    const attachment = new TinCan.Attachment({
      usageType: "http://id.tincanapi.com/attachment/certificate-of-completion",
      display: { th: "ใบประกาศ" },
      contentType: "text/plain",
    });
    attachment.setContentFromString(story.text);
    const statement = unstamped(story.statement(story.completed, "c"));
    statement.attachments = [attachment];
    const [id] = JSON.parse((await call("saveStatement", statement, {})).responseText);
    const params = { attachments: true };
    const alone = await call("retrieveStatement", id, { params });
    const page = await call("queryStatements", { params: { activity: activity("c"), ...params } });
    const text = (one) => one.attachments[0].getContentAsString();
    return { id: alone.id, content: text(alone), listed: ids(page), again: text(page.statements[0]) };
  },
});
