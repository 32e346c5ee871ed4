// A Node program with the addresses of the cloud written into it: a user's token by fetch, the alerts by https.
// Arguments: authority, API base, tenant, client id, user name. The password is in PASSWORD.
import { get } from "node:https";

const [authority, api, tenant, clientId, username] = process.argv.slice(2);
const answer = await fetch(`${authority}/${tenant}/oauth2/v2.0/token`, {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "password",
    client_id: clientId,
    username,
    password: process.env.PASSWORD,
    scope: "https://api.securitycenter.microsoft.com/.default",
  }),
});
const token = (await answer.json()).access_token;
const alerts = await new Promise((resolve, reject) => {
  const headers = { Authorization: `Bearer ${token}` };
  get(`${api}/api/alerts?$top=1`, { headers }, (response) => {
    let text = "";
    response.on("data", (part) => (text += part));
    response.on("end", () => resolve(JSON.parse(text)));
  }).on("error", reject);
});
console.log(JSON.stringify({ token, alerts: alerts.value.map((each) => each.id) }));
