//! Sessions, and what a user agent says of their devices.

use meeshy_chat::model::Session;
use meeshy_domain::SessionId;
use meeshy_wire as wire;

/// Browsers as they name themselves. The order matters: Edge also claims to be Chrome, and Chrome to be Safari.
const BROWSERS: [&str; 4] = ["Edg", "Firefox", "Chrome", "Safari"];
const SYSTEMS: [&str; 5] = ["Android", "iPhone", "Windows", "Mac OS X", "Linux"];
const MOBILE: [&str; 4] = ["Mobile", "Android", "iPhone", "Meeshy-iOS"];

pub fn session(session: &Session) -> wire::Session {
    let agent = session.user_agent.as_deref().unwrap_or_default();
    let named = |names: &[&'static str]| named(agent, names).map(str::to_owned);
    let is_mobile = MOBILE.iter().any(|name| agent.contains(name));
    wire::Session {
        id: session.id,
        device_type: session
            .user_agent
            .is_some()
            .then(|| if is_mobile { "mobile" } else { "desktop" }.to_owned()),
        browser_name: named(&BROWSERS),
        os_name: named(&SYSTEMS),
        location: None,
        is_mobile,
        is_trusted: session.is_trusted,
        created_at: session.created_at.into(),
    }
}

/// A session in a list; `current` is that of the request.
pub fn session_details(session: &Session, current: Option<SessionId>) -> wire::SessionDetails {
    let agent = session.user_agent.as_deref().unwrap_or_default();
    wire::SessionDetails {
        session: self::session(session),
        user_id: session.user_id,
        device_vendor: named(agent, &["iPhone", "iPad", "Macintosh"]).map(|_| "Apple".to_owned()),
        device_model: named(agent, &["iPhone", "iPad", "Pixel"]).map(str::to_owned),
        os_version: version(agent, "Android ").or_else(|| version(agent, "iPhone OS ")),
        // Safari calls its own version that way.
        browser_version: ["Edg/", "Firefox/", "Chrome/", "Version/"]
            .iter()
            .find_map(|name| version(agent, name)),
        ip_address: session.ip_address.clone(),
        country: None,
        city: None,
        last_activity_at: session.last_activity_at.into(),
        is_current_session: current == Some(session.id),
    }
}

fn named(agent: &str, names: &[&'static str]) -> Option<&'static str> {
    names.iter().find(|name| agent.contains(**name)).copied()
}

/// The version that follows a name.
fn version(agent: &str, name: &str) -> Option<String> {
    let (_, rest) = agent.split_once(name)?;
    let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '_')).collect();
    (!version.is_empty()).then(|| version.replace('_', "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_follow_names() {
        let agent =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) Version/17.2 Mobile/15E148 Safari/604.1";
        assert_eq!(version(agent, "iPhone OS ").as_deref(), Some("17.2"));
        assert_eq!(version(agent, "Version/").as_deref(), Some("17.2"));
        assert_eq!(version(agent, "Chrome/"), None);
        assert_eq!(named(agent, &SYSTEMS), Some("iPhone"));
    }
}
