//! Groups of jobs that are translated together.

use meeshy_domain::ConversationId;
use meeshy_store::translation_jobs::{Job, Priority};
use meeshy_translation::{Glossary, Request, Urgency};
use std::collections::HashMap;
use std::sync::Arc;

/// A longer text, in bytes, is a group by itself, so that no other text waits for it.
const LONG_TEXT: usize = 2_000;

/// Jobs that are translated together.
pub(super) struct Group {
    pub request: Request,
    pub jobs: Vec<Job>,
}

/// Groups jobs of the same request; a long text is a group by itself.
pub(super) fn grouped(
    jobs: Vec<Job>,
    glossaries: &HashMap<ConversationId, Arc<Glossary>>,
    priority: Priority,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for job in jobs {
        let request = Request {
            urgency: match priority {
                Priority::Live => Urgency::Live,
                Priority::Backfill => Urgency::Later,
            },
            glossary: glossaries.get(&job.conversation_id).cloned().unwrap_or_default(),
            avoid: job.avoid.clone(),
            ..Request::new(job.from, job.to)
        };
        let is_long = |job: &Job| job.content.len() > LONG_TEXT;
        let takes = |group: &&mut Group| group.request == request && !group.jobs.iter().any(is_long);
        match groups.iter_mut().find(takes).filter(|_| !is_long(&job)) {
            Some(group) => group.jobs.push(job),
            None => groups.push(Group { request, jobs: vec![job] }),
        }
    }
    groups
}
