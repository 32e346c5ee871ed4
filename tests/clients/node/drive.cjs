// Signs in with one of Microsoft's JavaScript libraries, as the request on stdin says, and writes what came of it.
// Each line of the output is JSON: {"ask": …} where a person has to do something, then {"token": …} or {"error": …}.
"use strict";

const msal = require("@azure/msal-node");
const azure = require("@azure/identity");

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function publicClient(asked) {
  return new msal.PublicClientApplication({ auth: authOf(asked) });
}

function confidentialClient(asked) {
  const proof = asked.secret ? { clientSecret: asked.secret } : { clientCertificate: asked.certificate };
  return new msal.ConfidentialClientApplication({ auth: { ...authOf(asked), ...proof } });
}

function authOf({ authority, tenant, clientId, known }) {
  return { clientId, authority: `${authority}/${tenant}`, ...(known ? { knownAuthorities: [known] } : {}) };
}

function shown(result) {
  return { token: result.accessToken, account: result.account?.username, scopes: result.scopes };
}

const MSAL = {
  async password(asked) {
    const { scopes, username, password } = asked;
    return shown(await publicClient(asked).acquireTokenByUsernamePassword({ scopes, username, password }));
  },
  async deviceCode(asked) {
    const deviceCodeCallback = ({ userCode, verificationUri }) => say({ ask: { userCode, verificationUri } });
    return shown(await publicClient(asked).acquireTokenByDeviceCode({ scopes: asked.scopes, deviceCodeCallback }));
  },
  async interactive(asked) {
    const openBrowser = async (url) => say({ ask: { url } });
    return shown(await publicClient(asked).acquireTokenInteractive({ scopes: asked.scopes, openBrowser }));
  },
  async authorizationCode(asked) {
    const client = publicClient(asked);
    const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes();
    const { scopes, redirectUri } = asked;
    const url = await client.getAuthCodeUrl({
      scopes,
      redirectUri,
      codeChallenge: challenge,
      codeChallengeMethod: "S256",
      responseMode: "query",
    });
    say({ ask: { url } });
    const code = await new Promise((resolve) => process.stdin.once("data", (text) => resolve(String(text).trim())));
    return shown(await client.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier: verifier }));
  },
  async refresh(asked) {
    const client = publicClient(asked);
    const { scopes, username, password } = asked;
    const first = await client.acquireTokenByUsernamePassword({ scopes, username, password });
    const again = await client.acquireTokenSilent({ account: first.account, scopes, forceRefresh: true });
    return { ...shown(again), isNew: again.accessToken !== first.accessToken };
  },
  async application(asked) {
    return shown(await confidentialClient(asked).acquireTokenByClientCredential({ scopes: asked.scopes }));
  },
  async onBehalfOf(asked) {
    const request = { oboAssertion: asked.assertion, scopes: asked.scopes };
    return shown(await confidentialClient(asked).acquireTokenOnBehalfOf(request));
  },
};

const AZURE = {
  secret: ({ tenant, clientId, secret }, options) => new azure.ClientSecretCredential(tenant, clientId, secret, options),
  certificate: ({ tenant, clientId, certificatePath }, options) =>
    new azure.ClientCertificateCredential(tenant, clientId, { certificatePath }, options),
  password: ({ tenant, clientId, username, password }, options) =>
    new azure.UsernamePasswordCredential(tenant, clientId, username, password, options),
  deviceCode: ({ tenant, clientId }, options) =>
    new azure.DeviceCodeCredential({
      ...options,
      tenantId: tenant,
      clientId,
      userPromptCallback: ({ userCode, verificationUri }) => say({ ask: { userCode, verificationUri } }),
    }),
  onBehalfOf: ({ tenant, clientId, secret, assertion }, options) =>
    new azure.OnBehalfOfCredential({
      ...options,
      tenantId: tenant,
      clientId,
      clientSecret: secret,
      userAssertionToken: assertion,
    }),
};

async function azureIdentity(asked) {
  const options = { retryOptions: { maxRetries: 0 } };
  if (asked.known) Object.assign(options, { authorityHost: asked.authority, disableInstanceDiscovery: true });
  return { token: (await AZURE[asked.flow](asked, options).getToken(asked.scopes)).token };
}

process.stdin.once("data", async (text) => {
  const asked = JSON.parse(text);
  try {
    say(asked.library === "msal" ? await MSAL[asked.flow](asked) : await azureIdentity(asked));
  } catch (error) {
    say({ error: error.errorCode ?? error.name, message: error.message, number: error.errorNo });
  }
  process.exit();
});
