//! Memberships, senders and recipients: the structure shared by all worlds of a corpus.

use super::random::Random;
use super::sentences::LANGUAGES;

/// The counts of the old database on 2026-01-25.
pub(super) const USERS: usize = 207;
pub(super) const CONVERSATIONS: usize = 152;
pub(super) const MEMBERS: usize = 616;
pub(super) const MESSAGES: usize = 4_508;
pub(super) const TRANSLATIONS: usize = 2_787;
pub(super) const TRANSLATED: usize = 979;
pub(super) const ATTACHMENTS: usize = 703;
pub(super) const ORPHANS: usize = 36;
pub(super) const STATUSES: usize = 18_143;
pub(super) const CURSORS: usize = 400;
/// The global conversation, and the team's.
pub(super) const GLOBAL: usize = 0;
pub(super) const TEAM: usize = 1;
/// Direct conversations; those after them are groups.
pub(super) const DIRECT: std::ops::Range<usize> = 2..112;
/// The distribution of languages over a hundred people, in the order of [`LANGUAGES`].
const SPREAD: [usize; 8] = [34, 26, 11, 8, 8, 5, 4, 4];

pub(super) struct Layout {
    /// The language that each user reads.
    pub(super) languages: Vec<&'static str>,
    /// Conversation and user of each membership.
    pub(super) memberships: Vec<(usize, usize)>,
    /// The members of each conversation.
    pub(super) members: Vec<Vec<usize>>,
    pub(super) messages: Vec<Written>,
    /// Message and target language.
    pub(super) translations: Vec<(usize, &'static str)>,
    /// The message of each attachment; the last ones were never attached.
    pub(super) attachments: Vec<Option<usize>>,
    /// Message and reader.
    pub(super) statuses: Vec<(usize, usize)>,
}

/// A message.
pub(super) struct Written {
    pub(super) conversation: usize,
    pub(super) sender: usize,
    /// An earlier message of the same conversation.
    pub(super) reply_to: Option<usize>,
    /// Its first attachment.
    pub(super) attachment: Option<usize>,
}

impl Layout {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::of(&[seed, 1]);
        let languages = languages(&mut random);
        let memberships = memberships(&mut random);
        let mut members = vec![Vec::new(); CONVERSATIONS];
        // The last one is made a duplicate (see `anomalies`).
        for (conversation, user) in &memberships[..MEMBERS - 1] {
            members[*conversation].push(*user);
        }
        let mut messages = messages(&mut random, &members);
        let attachments = attachments(&mut messages);
        let translations = translations(&languages, &messages);
        let statuses = statuses(&members, &messages);
        Self { languages, memberships, members, messages, translations, attachments, statuses }
    }
}

fn languages(random: &mut Random) -> Vec<&'static str> {
    let mut languages: Vec<_> = (0..USERS)
        .map(|_| {
            let mut at = random.below(100);
            let found = SPREAD.iter().position(|share| {
                let here = at < *share;
                at = at.saturating_sub(*share);
                here
            });
            LANGUAGES[found.unwrap_or(0)]
        })
        .collect();
    // The users that tests sign in as: see `people`.
    languages[..8].copy_from_slice(&["en", "fr", "fr", "en", "en", "en", "fr", "zh"]);
    languages
}

/// Everybody is in the global conversation, six users in the team's, two in each direct one, the rest in
/// groups.
fn memberships(random: &mut Random) -> Vec<(usize, usize)> {
    let mut all: Vec<(usize, usize)> = (0..USERS).map(|user| (GLOBAL, user)).collect();
    all.extend((0..6).map(|user| (TEAM, user)));
    for conversation in DIRECT {
        // The first two are alice with bob, and alice with chen.
        let (one, other) = match conversation - DIRECT.start {
            0 => (5, 6),
            1 => (5, 7),
            _ => {
                let one = random.below(USERS);
                (one, (one + 1 + random.below(USERS - 1)) % USERS)
            }
        };
        all.extend([(conversation, one), (conversation, other)]);
    }
    let groups: Vec<usize> = (DIRECT.end..CONVERSATIONS).collect();
    all.extend([(groups[0], 5), (groups[0], 6), (groups[0], 7)]);
    let mut at = 0;
    while all.len() < MEMBERS {
        // Steps that are coprime with the number of users select nobody twice in a group.
        let conversation = groups[at % groups.len()];
        all.push((conversation, (11 + 7 * conversation + 10 * (at / groups.len())) % USERS));
        at += 1;
    }
    all
}

/// A third in the global conversation, decreasing numbers in the others.
fn messages(random: &mut Random, members: &[Vec<usize>]) -> Vec<Written> {
    let mut latest: Vec<Vec<usize>> = vec![Vec::new(); CONVERSATIONS];
    let mut all = Vec::with_capacity(MESSAGES);
    for at in 0..MESSAGES {
        let conversation = match at {
            // Each has at least one.
            _ if at < CONVERSATIONS => at,
            _ if random.percent(33) => GLOBAL,
            _ => {
                let reach = 1 + random.below(CONVERSATIONS - 1);
                1 + random.below(reach)
            }
        };
        let earlier = &mut latest[conversation];
        let reply_to = (!earlier.is_empty() && random.percent(10))
            .then(|| earlier[earlier.len() - 1 - random.below(earlier.len().min(5))]);
        earlier.push(at);
        let sender = members[conversation][random.below(members[conversation].len())];
        all.push(Written { conversation, sender, reply_to, attachment: None });
    }
    all
}

fn attachments(messages: &mut [Written]) -> Vec<Option<usize>> {
    (0..ATTACHMENTS)
        .map(|at| {
            let message = (at < ATTACHMENTS - ORPHANS).then(|| at * 6 + 5)?;
            messages[message].attachment = Some(at);
            Some(message)
        })
        .collect()
}

/// 979 messages have two or three translations: 2,787 in all.
fn translations(languages: &[&'static str], messages: &[Written]) -> Vec<(usize, &'static str)> {
    let with_three = TRANSLATIONS - 2 * TRANSLATED;
    (0..TRANSLATED)
        .flat_map(|at| {
            let message = at * 4 + 2;
            let source = languages[messages[message].sender];
            let targets = LANGUAGES.iter().filter(move |target| **target != source);
            let count = if at < with_three { 3 } else { 2 };
            targets.cycle().skip(at % 5).take(count).map(move |target| (message, *target))
        })
        .collect()
}

/// The first reader of every message, then the second, up to the required number.
fn statuses(members: &[Vec<usize>], messages: &[Written]) -> Vec<(usize, usize)> {
    let wanted = STATUSES - CURSORS;
    let mut all = Vec::with_capacity(wanted);
    let mut round = 1;
    while all.len() < wanted {
        for (at, message) in messages.iter().enumerate() {
            let readers = &members[message.conversation];
            let place = readers.iter().position(|user| *user == message.sender).unwrap_or(0);
            if round < readers.len() && all.len() < wanted {
                all.push((at, readers[(place + round) % readers.len()]));
            }
        }
        round += 1;
    }
    all
}
