//! Global size limits.

/// Maximum length of a message, in characters.
pub const MESSAGE_CHARS: usize = 4_000;
/// How long a message that expires can last, at most.
pub const MESSAGE_LIFETIME: std::time::Duration = std::time::Duration::from_secs(366 * 24 * 60 * 60);
/// How long the author can edit a message.
pub const EDIT_WINDOW: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
/// Maximum length of a client's message id, in characters.
pub const CLIENT_MESSAGE_ID_CHARS: usize = 64;
/// Minimum and maximum length of a username, in characters.
pub const USERNAME_CHARS: std::ops::RangeInclusive<usize> = 2..=16;
/// Maximum length of a first or last name, in characters.
pub const NAME_CHARS: usize = 50;
/// Maximum length of a display name, in characters.
pub const DISPLAY_NAME_CHARS: usize = 100;
/// Maximum length of a bio, in characters.
pub const BIO_CHARS: usize = 500;
/// Maximum size of an uploaded profile picture, in bytes.
pub const AVATAR_BYTES: usize = 512 * 1024;
/// Maximum length of the URL of a profile picture elsewhere, in bytes.
pub const AVATAR_URL_BYTES: usize = 2_048;
/// How long a username stays the same, at least.
pub const USERNAME_CHANGE_INTERVAL: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);
/// Maximum length of the message of a friend request, in characters.
pub const FRIEND_REQUEST_CHARS: usize = 200;
/// Maximum number of friend requests of one user that wait for an answer.
pub const PENDING_FRIEND_REQUESTS: i64 = 200;
/// Maximum number of users that one user can block.
pub const BLOCKED_USERS: usize = 1_000;
/// Maximum length of a conversation identifier (the part of its URL), in characters.
pub const IDENTIFIER_CHARS: usize = 50;
/// Maximum length of a language tag, in characters. RFC 5646 (section 4.4.1) recommends 35.
pub const LANGUAGE_TAG_CHARS: usize = 35;
/// Maximum length of a conversation title, in characters.
pub const TITLE_CHARS: usize = 100;
/// Maximum length of a conversation description, in characters.
pub const DESCRIPTION_CHARS: usize = 500;
/// Maximum length of the name of a community, in characters.
pub const COMMUNITY_NAME_CHARS: usize = 100;
/// Maximum number of communities that one user has created.
pub const OWN_COMMUNITIES: i64 = 100;
/// Maximum number of invitations to a community that are valid; a newer one replaces the oldest.
pub const COMMUNITY_INVITES: i64 = 50;
/// How long an invitation to a community is valid.
pub const INVITE_LIFETIME: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 60 * 60);
/// Maximum length of a link with an invitation, in bytes.
pub const INVITE_BYTES: usize = 500;
/// Maximum number of participants when a conversation is created.
pub const PARTICIPANTS: usize = 1_000;

/// Maximum number of pinned messages in a conversation.
pub const PINNED_MESSAGES: i64 = 50;

/// Maximum length of what is searched in the texts of messages, in characters.
pub const SEARCH_CHARS: usize = 200;

/// The most members of a conversation in which it is shown who has read a message.
pub const RECEIPT_MEMBERS: i64 = 1_000;

/// The most messages that are deleted for one user at once.
pub const OWN_DELETIONS: usize = 100;

/// The most conversations in the list of those that a user has deleted for themselves.
pub const DELETED_CONVERSATIONS: i64 = 100;

/// The most messages in a request for the numbers of their readers.
pub const RECEIPT_MESSAGES: usize = 50;
/// Maximum length of an e-mail address, in bytes (RFC 5321, 4.5.3.1.3, without the angle brackets).
pub const EMAIL_BYTES: usize = 254;
/// Maximum length of a telephone number as people type it, in characters.
pub const PHONE_CHARS: usize = 32;
/// Maximum length of a password, in bytes. It limits the cost of hashing.
pub const PASSWORD_BYTES: usize = 1_024;
/// Minimum length of a password, in characters.
pub const PASSWORD_CHARS: usize = 8;
/// Maximum length of a text to translate that is not a message, in characters.
pub const TRANSLATED_TEXT_CHARS: usize = 1_000;
/// Maximum number of such texts in one request.
pub const TRANSLATED_TEXTS: usize = 10;
/// How long a request waits for a translation.
pub const TRANSLATION_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// Maximum number of terms in a glossary. Each is searched for in each message.
pub const GLOSSARY_TERMS: usize = 500;
/// Maximum number of proposals that wait for a decision, for one glossary.
pub const GLOSSARY_PROPOSALS: usize = 100;
/// Maximum number of those that one user has made.
pub const OWN_GLOSSARY_PROPOSALS: usize = 10;
/// Maximum number of earlier messages that one request searches for a term, to translate them again.
pub const SEARCHED_MESSAGES: i64 = 200;
/// Maximum number of users that a message mentions; further mentions are plain text.
pub const MENTIONS: usize = 50;
/// Maximum number of members of a conversation in which presence is announced. Larger ones have counts on
/// demand.
pub const PRESENCE_MEMBERS: i64 = 250;
/// Maximum length of a term and of its translation, in characters.
pub const TERM_CHARS: usize = 100;
/// Maximum length of the comment of a report, in characters.
pub const REPORT_CHARS: usize = 1_000;
/// Conversations whose events are asked for at once, at most.
pub const KNOWN_CONVERSATIONS: usize = 500;
/// Maximum length of the URL of a picture, in bytes.
pub const PICTURE_URL_BYTES: usize = 2_048;
/// Maximum number of reactions of one user to one message.
pub const OWN_REACTIONS: usize = 3;
/// Maximum number of different emoji among the reactions to one message.
pub const REACTIONS: usize = 50;
/// Maximum number of users named with a reaction; their total number is always given.
pub const REACTORS: i64 = 100;
/// Maximum number of reactions or mentions of a user in one response.
pub const LATEST: i64 = 100;
/// Maximum length of a name under which a client stores a preference, in characters.
pub const SETTING_KEY_CHARS: usize = 64;
/// Maximum length of such a preference, in characters.
pub const SETTING_CHARS: usize = 2_000;
/// Maximum number of such preferences of a user.
pub const SETTINGS: i64 = 100;
/// Maximum number of categories into which a user sorts conversations.
pub const CATEGORIES: i64 = 100;
/// Maximum length of the name of a category, in characters.
pub const CATEGORY_CHARS: usize = 50;
/// Maximum number of tags that a user gives to a conversation.
pub const TAGS: usize = 20;
/// Maximum length of a colour, an icon or an emoji, in characters.
pub const SYMBOL_CHARS: usize = 32;
/// Maximum number of items that one request puts into an order.
pub const REORDERED: usize = 500;
/// The maximum length of a session description of WebRTC, in characters.
pub const SDP_CHARS: usize = 50_000;
/// The maximum length of an ICE candidate, in characters.
pub const ICE_CANDIDATE_CHARS: usize = 1_000;
/// The maximum length of the name of a media section, in characters.
pub const SDP_MID_CHARS: usize = 64;
/// The maximum length of a signal between participants of a call, in bytes.
pub const SIGNAL_BYTES: usize = 102_400;
/// What a participant of a call can signal within [`call::SIGNAL_WINDOW`](crate::call::SIGNAL_WINDOW), in bytes.
pub const SIGNAL_BYTES_IN_WINDOW: i64 = 1_048_576;
/// The most members of a conversation that is open to strangers, in which somebody can call.
pub const OPEN_CALL_MEMBERS: i64 = 50;
/// The most participants that are shown of a call, present and former ones.
pub const CALL_PARTICIPANTS: i64 = 50;
/// The most links to a conversation that one member has turned on.
pub const OWN_SHARE_LINKS: i64 = 20;
/// The most links to a conversation that are listed.
pub const SHARE_LINKS: i64 = 100;
/// Maximum length of the name of a link, in characters.
pub const SHARE_LINK_NAME_CHARS: usize = 100;
/// The most uses, guests or sessions that a link can be limited to.
pub const SHARE_LINK_USES: i64 = 1_000_000;
/// The most countries, languages or IP ranges to which a link is limited.
pub const SHARE_LINK_ORIGINS: usize = 50;
/// Maximum length of the name under which a guest is known, in characters.
pub const GUEST_NAME_CHARS: usize = 50;
/// A guest who was not active for this time has left. Clients forget a guest after the same time.
pub const GUEST_IDLE: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
/// A guest who was active within this time is shown as online.
pub const GUEST_ONLINE: std::time::Duration = std::time::Duration::from_secs(5 * 60);
/// The maximum size of all files of a guest, in bytes.
pub const GUEST_QUOTA_BYTES: u64 = 100 * 1024 * 1024;
/// The most guests who are shown with a link.
pub const SHOWN_GUESTS: i64 = 100;
/// Minimum and maximum length of a token for push notifications, in bytes.
pub const PUSH_TOKEN_BYTES: std::ops::RangeInclusive<usize> = 10..=500;
/// Maximum length of a subscription of a browser, in bytes.
pub const SUBSCRIPTION_BYTES: usize = 2_000;
/// Maximum length of what a client says of its device, in characters.
pub const DEVICE_CHARS: usize = 200;
/// The most devices of a user that get push notifications; a newer one replaces the oldest.
pub const PUSH_TOKENS: i64 = 20;
/// The most files of one message.
pub const MESSAGE_FILES: usize = 10;
/// The most files of one request.
pub const UPLOADED_FILES: usize = 100;
/// The most requests with files that a user sends at once.
pub const UPLOADS_AT_ONCE: usize = 4;
/// The most uploads of a user that are not complete.
pub const RESUMABLE_UPLOADS: i64 = 50;
/// Maximum length of the name of an uploaded file, in characters.
pub const FILE_NAME_CHARS: usize = 255;
/// Maximum size of a text whose lines are counted, in bytes.
pub const COUNTED_TEXT_BYTES: u64 = 8 * 1024 * 1024;
/// The longest recording that a client may tell of, in milliseconds: a week.
pub const RECORDING_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Maximum size of what a client says of an uploaded file, in bytes.
pub const FILE_METADATA_BYTES: usize = 64 * 1024;
/// Maximum length of the title and of the text of a notification, in characters.
pub const NOTIFICATION_CHARS: usize = 1_000;
/// Maximum size of what belongs to the type of a notification, in bytes.
pub const NOTIFICATION_DATA_BYTES: usize = 4 * 1024;
