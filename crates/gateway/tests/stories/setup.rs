//! The setup state of a new server.

use meeshy_gateway::GatewayConfig;
use meeshy_harness::TestServer;
use meeshy_testkit::registration;
use serde_json::json;

#[tokio::test]
async fn the_first_screen_gets_the_setup_state() {
    let server = TestServer::start(GatewayConfig::default()).await;
    let state = async || server.get("/api/v1/setup").await.body["data"].clone();
    assert_eq!(state().await, json!({ "needsAdministrator": true, "hasAccounts": false }));

    let code = server.chat.setup().new_code().await.unwrap().unwrap();
    let mut body = registration("ada", "en");
    body["setupCode"] = "not the code".into();
    // More often than an address may register: a wrong code does not count as a registration.
    for _ in 0..5 {
        let refused = server.post("/api/v1/auth/register", body.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, "SETUP_CODE_INVALID"), "{}", refused.body);
    }
    body["setupCode"] = code.into();
    let registered = server.post("/api/v1/auth/register", body).await;
    assert_eq!((registered.status, &registered.body["data"]["user"]["role"]), (200, &json!("BIGBOSS")));
    assert_eq!(state().await, json!({ "needsAdministrator": false, "hasAccounts": true }));
}
