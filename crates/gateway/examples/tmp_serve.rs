//! Temporary.
#![expect(missing_docs, reason="x")]
use async_trait::async_trait;
use meeshy_chat::*;
use meeshy_domain::*;
struct E;
#[async_trait]
impl Translate for E {
    async fn translate(&self, _: Language, _: Language, texts: &[String]) -> Vec<Answer> { texts.iter().map(|_| Answer::Identical).collect() }
    fn serves(&self, _: Language, _: Language) -> bool { true }
}
fn main() {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("rt").block_on(async {
        let d = tempfile::tempdir().expect("d");
        let store = meeshy_store::Store::open(&meeshy_store::Location::Folder(d.path().join("data"))).await.expect("s");
        let mut s = Settings::new(SigningKey::Secret("0123456789abcdef0123456789abcdef".into()));
        s.hashing = HashingCost { memory_kib: 64, passes: 1, at_once: 2 };
        #[expect(clippy::disallowed_methods, reason="x")]
        let clock = Clock::new(|| Timestamp::from_millis(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis() as i64));
        let chat = Chat::open(store, std::sync::Arc::new(E), s, clock, Secrets::system()).await.expect("c");
        let l = tokio::net::TcpListener::bind("127.0.0.1:3999").await.expect("l");
        let g = meeshy_gateway::Gateway::new(chat, meeshy_gateway::GatewayConfig { rate_limits: meeshy_gateway::RateLimits::off(), ..Default::default() });
        let stop = async { tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("s").recv().await; };
        g.serve(l, stop).await.expect("serve");
    });
}
