//! Signing in with a code, over the API.

use meeshy_harness::{TestServer, unlimited};
use meeshy_store::Tx;
use meeshy_testkit::answer;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_code_is_required_and_accepted_in_both_ways() {
    let server = TestServer::start(unlimited()).await;
    server.sign_up("lea", "fr").await;
    let protect = |tx: &mut Tx<'_>| {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let protect = "UPDATE users SET two_factor_enabled_at = 1, two_factor_secret = $1";
        tx.execute(protect, &[secret.into()])
    };
    server.store.write(protect).await.unwrap();
    // RFC 6238, appendix B.
    for (second, code, old) in [(2_000_000_000, "279037", false), (20_000_000_000, "353130", true)] {
        let now = u64::try_from(server.chat.now().millis()).unwrap();
        server.hand.advance(Duration::from_millis(second * 1_000 - now));
        let login = json!({ "username": "lea", "password": "correct horse", "rememberDevice": true });
        let asked = server.post("/api/v1/auth/login", login).await;
        let data = &asked.body["data"];
        assert_eq!((asked.status, &data["requires2FA"]), (200, &json!(true)), "{}", asked.body);
        assert_eq!((&data["user"]["username"], &data["token"]), (&json!("lea"), &json!(null)));
        let token = data["twoFactorToken"].as_str().unwrap();
        assert_eq!(token.len(), 64);
        // It is not a token for calls.
        let me = server.request(Method::GET, "/api/v1/auth/me").bearer_auth(token);
        assert_eq!(me.send().await.unwrap().status(), 401);
        let show = async |code: &str| {
            let (path, body) = match old {
                false => ("/api/v1/auth/login/2fa", json!({ "twoFactorToken": token, "code": code })),
                true => ("/api/v1/auth/2fa/verify", json!({ "code": code })),
            };
            let request = server.request(Method::POST, path).bearer_auth(token).json(&body);
            answer(request).await
        };
        let refused = show("000000").await;
        assert_eq!((refused.status, refused.code()), (401, "AUTH_FAILED"), "{}", refused.body);
        let taken = show(code).await;
        assert_eq!(taken.status, 200, "{}", taken.body);
        let data = &taken.body["data"];
        assert_eq!((&data["user"]["username"], &data["session"]["isTrusted"]), (&json!("lea"), &json!(true)));
        let me = server.request(Method::GET, "/api/v1/auth/me").bearer_auth(data["token"].as_str().unwrap());
        assert_eq!(me.send().await.unwrap().status(), 200);
    }
}
