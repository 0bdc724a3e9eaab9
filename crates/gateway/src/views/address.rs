//! Addresses as they may leave the server.

use meeshy_domain::WebAddress;

/// A URL that is safe to send to clients.
pub fn address(text: Option<&str>) -> Option<WebAddress> {
    text.and_then(WebAddress::parse)
}
