// An analyst's client reads figures with @xapi/xapi 3: what it finds, and what it is refused.

import XAPI from "@xapi/xapi";

const { ENDPOINT, KEY, SECRET, VERB, ACTIVITY, SINCE, PERSONAL } = process.env;
const xapi = new XAPI.default({
  endpoint: ENDPOINT,
  auth: XAPI.default.toBasicAuth(KEY, SECRET),
  adapter: process.env.ADAPTER,
});

async function all(query) {
  const found = [];
  let page = (await xapi.getStatements(query)).data;
  found.push(...page.statements);
  while (page.more) {
    page = (await xapi.getMoreStatements({ more: page.more })).data;
    found.push(...page.statements);
  }
  return found.map((one) => one.id).sort();
}

const refused = (answer) => answer.then(() => false, () => true);

console.log(
  JSON.stringify({
    all: await all({}),
    paged: await all({ limit: 2 }),
    verb: await all({ verb: VERB }),
    activity: await all({ activity: ACTIVITY }),
    since: await all({ since: SINCE }),
    personal: await refused(xapi.getStatement({ statementId: PERSONAL })),
  }),
);
