// One sign-in with a Node library, told by JSON in the first argument; the answer is JSON on stdout.
import * as identity from "@azure/identity";
import * as msal from "@azure/msal-node";

const { how, authority, tenantId, clientId, secret, username, password, scope } = JSON.parse(process.argv[2]);
const host = new URL(authority).host;
const auth = { clientId, authority: `${authority}/${tenantId}`, knownAuthorities: [host] };
const scopes = [scope];
const options = { authorityHost: authority, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } };
const tell = (answer) => console.log(JSON.stringify(answer));
const told = ({ accessToken, account }) => ({ accessToken, username: account?.username ?? null });

const ways = {
  "msal secret": async () =>
    told(
      await new msal.ConfidentialClientApplication({
        auth: { ...auth, clientSecret: secret },
      }).acquireTokenByClientCredential({ scopes }),
    ),
  "msal password": async () =>
    told(await new msal.PublicClientApplication({ auth }).acquireTokenByUsernamePassword({ scopes, username, password })),
  "msal device code": async () =>
    told(
      await new msal.PublicClientApplication({ auth }).acquireTokenByDeviceCode({
        scopes,
        deviceCodeCallback: ({ verificationUri, userCode }) => tell({ verificationUri, userCode }),
      }),
    ),
  "msal silent": async () => {
    const app = new msal.PublicClientApplication({ auth });
    const first = await app.acquireTokenByUsernamePassword({ scopes, username, password });
    const again = await app.acquireTokenSilent({ scopes, account: first.account, forceRefresh: true });
    return { ...told(again), isNew: again.accessToken !== first.accessToken };
  },
  "identity secret": async () => ({
    accessToken: (await new identity.ClientSecretCredential(tenantId, clientId, secret, options).getToken(scope)).token,
  }),
  "identity device code": async () => ({
    accessToken: (
      await new identity.DeviceCodeCredential({
        tenantId,
        clientId,
        ...options,
        userPromptCallback: ({ verificationUri, userCode }) => tell({ verificationUri, userCode }),
      }).getToken(scope)
    ).token,
  }),
};

try {
  tell(await ways[how]());
} catch (error) {
  tell({ error: error.errorCode ?? error.name, message: error.message });
}
