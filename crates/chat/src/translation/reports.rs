//! Reports of bad translations, and new translations by another engine.

use super::engines::Engines;
use super::signals::Signals;
use crate::access::{message_id, translatable};
use crate::context::Context;
use crate::languages::language;
use crate::{Caller, ChatError};
use meeshy_domain::{Permission, ReportReason, UserId, limits, text};
use meeshy_store::reports::{self, Report};
use meeshy_store::translation_jobs::{self, Priority};
use meeshy_store::translations::{self, State};
use meeshy_store::{Tx, messages};
use std::sync::Arc;

/// A report.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// The message.
    pub message: String,
    /// The target language.
    pub language: String,
    /// What is wrong, as [`ReportReason`] names it.
    pub reason: String,
    /// The reader's comment.
    pub comment: Option<String>,
    /// Whether to try another engine.
    pub wants_another: bool,
}

/// A stored report.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The report, with the translation that was shown.
    pub report: Report,
    /// Whether another engine tries; its translation replaces the reported one.
    pub tries_another: bool,
}

/// Reports of translations. Cheap to clone.
#[derive(Clone)]
pub struct Reports {
    context: Arc<Context>,
    engines: Engines,
    signals: Arc<Signals>,
}

impl Reports {
    pub(crate) fn new(context: Arc<Context>, engines: Engines, signals: Arc<Signals>) -> Self {
        Self { context, engines, signals }
    }

    /// Stores a reader's report of a translation, with the text that was shown. If another engine is
    /// requested and there is one, it translates again for everybody in the conversation.
    ///
    /// # Errors
    /// When the caller cannot read such a message, it has no translation, or the reason is unknown.
    pub async fn add(&self, caller: UserId, new: NewReport) -> Result<Reported, ChatError> {
        let (id, language) = (message_id(&new.message)?, language("language", &new.language)?);
        let reason = reason(&new.reason)?;
        let comment =
            text::paragraph("comment", new.comment.as_deref().unwrap_or_default(), limits::REPORT_CHARS)?;
        let comment = Some(comment.to_owned()).filter(|comment| !comment.is_empty());
        if reason == ReportReason::Other && comment.is_none() {
            return Err(ChatError::invalid("comment", "describe what is wrong"));
        }
        let (context, engines, wants_another) =
            (Arc::clone(&self.context), self.engines.clone(), new.wants_another);
        let write = move |tx: &mut Tx<'_>| {
            // The request must be for the text that was reported.
            messages::hold_revision(tx, id)?;
            let message = translatable(tx, caller, id, context.now())?;
            let mut known = tx.fetch(translations::list(&[id]))?.into_iter();
            let shown = known.find(|known| known.language == language && known.revision == message.revision);
            let Some(State::Done { content, engine, .. }) = shown.map(|known| known.state) else {
                return Err(ChatError::NotFound { what: "translation" });
            };
            let report = Report {
                id: context.new_id(),
                message_id: id,
                language,
                revision: message.revision,
                content,
                engine,
                reporter_id: caller,
                reason: reason.name().to_owned(),
                comment: comment.clone(),
                wants_another,
                created_at: context.now(),
            };
            let report = reports::put(tx, &report)?;
            let avoid = reports::avoided(tx, id, language, message.revision)?;
            let tries_another =
                wants_another && engines.has_another(message.original_language, language, &avoid);
            if tries_another {
                translation_jobs::enqueue_another(tx, id, language, &avoid, context.now())?;
            }
            Ok(Reported { report, tries_another })
        };
        let reported = self.context.store.write(write).await?;
        if reported.tries_another {
            self.signals.notify(Priority::Live);
        }
        Ok(reported)
    }

    /// The newest reports.
    ///
    /// # Errors
    /// When the caller does not manage translations.
    pub async fn newest(&self, caller: &Caller, limit: i64) -> Result<Vec<Report>, ChatError> {
        caller.require(Permission::ManageTranslations)?;
        Ok(self.context.store.read(move |tx| reports::newest(tx, limit)).await?)
    }
}

fn reason(name: &str) -> Result<ReportReason, ChatError> {
    ReportReason::ALL.iter().copied().find(|reason| reason.name() == name).ok_or_else(|| {
        let names: Vec<&str> = ReportReason::ALL.iter().map(|reason| reason.name()).collect();
        ChatError::invalid("reason", format!("expected one of {}", names.join(", ")))
    })
}
