// Signs in with MSAL Node, and prints the tokens as JSON. The settings come from the environment.
const msal = require("@azure/msal-node");

const { AUTHORITY, CLIENT_ID, SCOPE, CALLBACK } = process.env;
const authority = new URL(AUTHORITY);

function application(proof) {
  return new msal.ConfidentialClientApplication({
    // Otherwise it asks login.microsoftonline.com whether the authority is genuine.
    auth: { clientId: CLIENT_ID, authority: AUTHORITY, knownAuthorities: [authority.host], ...proof },
  });
}

async function signIn(app) {
  const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes();
  const url = await app.getAuthCodeUrl({
    scopes: [SCOPE], redirectUri: CALLBACK, codeChallenge: challenge, codeChallengeMethod: "S256", nonce: "n-1",
  });
  const answer = await fetch(url, { redirect: "manual" });
  const back = answer.headers.get("location");
  const code = back
    ? new URL(back.replace("#", "?")).searchParams.get("code")
    : (await answer.text()).match(/name="code" value="([^"]*)"/)[1];
  return app.acquireTokenByCode({
    code, scopes: [SCOPE], redirectUri: CALLBACK, codeVerifier: verifier, nonce: "n-1",
  });
}

async function main() {
  const secret = application({ clientSecret: process.env.CLIENT_SECRET });
  const certificate = application({
    clientCertificate: {
      privateKey: process.env.PRIVATE_KEY,
      thumbprintSha256: process.env.THUMBPRINT,
      x5c: process.env.CERTIFICATE,
    },
  });
  const federated = application({ clientAssertion: async () => process.env.FEDERATED_TOKEN });
  const answers = {};
  for (const [name, app] of Object.entries({ secret, certificate, federated })) {
    const appOnly = await app.acquireTokenByClientCredential({ scopes: [SCOPE] });
    const user = await signIn(app);
    const [account] = await app.getTokenCache().getAllAccounts();
    const cached = await app.acquireTokenSilent({ account, scopes: [SCOPE] });
    const renewed = await app.acquireTokenSilent({ account, scopes: [SCOPE], forceRefresh: true });
    const elsewhere = await app.acquireTokenByRefreshToken({
      refreshToken: process.env.REFRESH_TOKEN, scopes: [SCOPE],
    });
    answers[name] = {
      appOnly: appOnly.accessToken,
      user: user.accessToken,
      username: account.username,
      tenant: account.tenantId,
      cached: cached.accessToken === user.accessToken,
      renewed: renewed.accessToken,
      elsewhere: elsewhere.accessToken,
    };
  }
  console.log(JSON.stringify(answers));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
