//! Reports to the moderators of the server.

use crate::engine::record::record;
use crate::{StoreError, Tx};
use meeshy_domain::{AbuseKind, ReportId, ReportedKind, Timestamp, UserId};

record! {
    /// A report.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AbuseReport in reports {
        /// Its id.
        pub id: ReportId,
        /// What is reported.
        pub reported_type: ReportedKind,
        /// Its id.
        pub reported_entity_id: String,
        /// Who reports it; `None` for a guest.
        pub reporter_id: Option<UserId>,
        /// The name of a guest.
        pub reporter_name: Option<String>,
        /// What is wrong with it.
        pub report_type: AbuseKind,
        /// Details.
        pub reason: Option<String>,
        /// `pending`, `under_review`, `resolved`, `rejected` or `dismissed`.
        pub status: String,
        /// The moderator who has taken it.
        pub moderator_id: Option<UserId>,
        /// Notes of moderators.
        pub moderator_notes: Option<String>,
        /// What was done about it.
        pub action_taken: Option<String>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// When it was resolved.
        pub resolved_at: Option<Timestamp>,
    }
}

impl AbuseReport {
    /// A report of a user that nobody has looked at.
    pub fn new(
        id: ReportId,
        kind: ReportedKind,
        entity: String,
        reporter: UserId,
        abuse: AbuseKind,
        reason: Option<String>,
        now: Timestamp,
    ) -> Self {
        // The old system knows no more types, and clients of it show these.
        let (report_type, reason) = match abuse {
            AbuseKind::FakeProfile | AbuseKind::Impersonation => {
                let details = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                (AbuseKind::Other, Some(format!("{abuse}{details}")))
            }
            abuse => (abuse, reason),
        };
        Self {
            id,
            reported_type: kind,
            reported_entity_id: entity,
            reporter_id: Some(reporter),
            reporter_name: None,
            report_type,
            reason,
            status: "pending".into(),
            moderator_id: None,
            moderator_notes: None,
            action_taken: None,
            created_at: now,
            updated_at: now,
            resolved_at: None,
        }
    }
}

/// Adds a report.
pub fn insert(tx: &mut Tx<'_>, report: &AbuseReport) -> Result<(), StoreError> {
    tx.insert(report)
}

/// The report of the same by the same user that no moderator has looked at yet.
pub fn find_pending(
    tx: &mut Tx<'_>,
    reporter: UserId,
    kind: ReportedKind,
    entity: &str,
) -> Result<Option<AbuseReport>, StoreError> {
    tx.fetch_optional(
        &format!(
            "SELECT {} FROM reports WHERE reporter_id = $1 AND reported_type = $2 AND reported_entity_id = $3 \
               AND status = 'pending' LIMIT 1",
            AbuseReport::columns()
        ),
        &[reporter.into(), kind.into(), entity.into()],
    )
}

/// The number of reports of a user since a time, up to `limit`.
pub fn count_since(
    tx: &mut Tx<'_>,
    reporter: UserId,
    since: Timestamp,
    limit: i64,
) -> Result<i64, StoreError> {
    tx.fetch_one(
        "SELECT count(*) AS total FROM (SELECT 1 AS one FROM reports WHERE reporter_id = $1 AND created_at > $2 \
           LIMIT $3) made",
        &[reporter.into(), since.into(), limit.into()],
    )
}
