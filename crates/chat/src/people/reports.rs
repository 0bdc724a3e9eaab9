//! Reports to the moderators of the server, of messages, users, conversations and communities.

use crate::ChatError;
use crate::access::{find_as_member, message_id, readable};
use crate::context::Context;
use meeshy_domain::{AbuseKind, ReportedKind, UserId, limits, text};
use meeshy_store::abuse_reports::{self, AbuseReport};
use meeshy_store::communities::{self, Reference};
use meeshy_store::{Tx, users};
use std::sync::Arc;
use std::time::Duration;

/// The most reports of one user in a day.
const PER_DAY: i64 = 50;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Reports to the moderators of the server. Cheap to clone.
#[derive(Clone)]
pub struct AbuseReports {
    context: Arc<Context>,
}

/// A new report.
#[derive(Debug, Clone)]
pub struct NewAbuseReport {
    /// What is reported.
    pub kind: String,
    /// Its id.
    pub entity: String,
    /// What is wrong with it.
    pub abuse: String,
    /// Details.
    pub reason: Option<String>,
}

impl AbuseReports {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Stores a report. The same report of the same user is stored once, until a moderator has looked at it.
    ///
    /// # Errors
    /// When the caller cannot see what is reported, a field is invalid, or the caller has made too many reports.
    pub async fn add(&self, caller: UserId, new: NewAbuseReport) -> Result<AbuseReport, ChatError> {
        let kind: ReportedKind =
            new.kind.parse().map_err(|error| ChatError::invalid("reportedType", error))?;
        let abuse: AbuseKind = new.abuse.parse().map_err(|error| ChatError::invalid("reportType", error))?;
        let reason = new.reason.filter(|reason| !reason.trim().is_empty());
        let reason = reason
            .map(|reason| text::paragraph("reason", &reason, limits::REPORT_CHARS).map(str::to_owned))
            .transpose()?;
        let now = self.context.now();
        let id = self.context.new_id();
        let entity = new.entity;
        let write = move |tx: &mut Tx<'_>| {
            let entity_id = match kind {
                ReportedKind::Message => readable(tx, caller, message_id(&entity)?, now)?.id.to_string(),
                ReportedKind::Conversation => find_as_member(tx, caller, &entity)?.id.to_string(),
                ReportedKind::User => {
                    let id: UserId = entity.parse().map_err(|_| ChatError::NotFound { what: "user" })?;
                    tx.fetch(users::find(id))?.ok_or(ChatError::NotFound { what: "user" })?.id.to_string()
                }
                ReportedKind::Community => {
                    let missing = || ChatError::NotFound { what: "community" };
                    let reference = Reference::Id(entity.parse().map_err(|_| missing())?);
                    let found = tx.fetch(communities::find(reference, caller))?.ok_or_else(missing)?;
                    found.community.id.to_string()
                }
            };
            if let Some(report) = abuse_reports::find_pending(tx, caller, kind, &entity_id)? {
                return Ok(report);
            }
            if abuse_reports::count_since(tx, caller, now.minus(DAY), PER_DAY)? >= PER_DAY {
                return Err(ChatError::invalid("reportedEntityId", "you have made too many reports today"));
            }
            let report = AbuseReport::new(id, kind, entity_id, caller, abuse, reason.clone(), now);
            abuse_reports::insert(tx, &report)?;
            Ok(report)
        };
        self.context.store.write(write).await
    }
}
