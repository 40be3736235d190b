// A provider of OpenID Connect on loopback, which lets in whoever is asked for by `login_hint`, without a page.
// argv: port, redirect address. It says {"ready": true} on standard output.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createServer } from "node:http";

const require = createRequire(`${process.env.NODE_FOLDER}/package.json`);
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));
const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const claims = (sub) => ({
  sub,
  email: `${sub.replace(/^other-/, "")}@office.example`,
  email_verified: !sub.startsWith("unverified"),
});

const provider = new Provider(issuer, {
  clients: [
    { client_id: "thaksa", client_secret: "a-secret-of-the-tests", redirect_uris: [redirect], response_types: ["code"] },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  findAccount: async (_ctx, sub) => ({ accountId: sub, claims: async () => claims(sub) }),
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["for the tests"] },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const server = createServer(async (request, response) => {
  if (!request.url.startsWith("/interaction/")) {
    provider.callback()(request, response);
    return;
  }
  const { params } = await provider.interactionDetails(request, response);
  const said = params.login_hint
    ? { login: { accountId: params.login_hint } }
    : { error: "access_denied", error_description: "nobody is there" };
  await provider.interactionFinished(request, response, said, { mergeWithLastSubmission: false });
});
server.listen(Number(port), "127.0.0.1", () => console.log(JSON.stringify({ ready: true })));
