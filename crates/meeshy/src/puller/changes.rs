//! Notices models that `meeshy models` installs or removes while the server runs.

use meeshy_translation::Translator;
use meeshy_translation::models::{ModelStore, State};
use std::time::Duration;

/// How often to check whether the models on disk have changed.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// Polls the models folder, so that changes by `meeshy models` take effect without a restart. Never ends.
pub async fn watch(store: ModelStore, translator: Translator) {
    let mut known = state(&store).await;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let state = state(&store).await;
        if state.is_some() && state != known {
            tracing::info!("Models on disk have changed");
            translator.rescan();
            known = state;
        }
    }
}

/// The state of the folder; `None` if it cannot be read.
pub async fn state(store: &ModelStore) -> Option<State> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || store.state()).await.ok().flatten()
}
