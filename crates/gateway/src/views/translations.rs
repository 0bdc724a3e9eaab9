//! Translations of messages: finished, running, requested and reported.

use meeshy_chat::model::{Report, Translation, TranslationState as State};
use meeshy_chat::{MessageView, Progress, Requested};
use meeshy_domain::{Language, Reason};
use meeshy_wire::{self as wire, MissingState, ProgressStatus, TextState};

/// Up to this length the old system used its medium model; clients show the name.
const MEDIUM_CHARS: usize = 80;

pub(super) fn texts(view: &MessageView) -> Vec<wire::Translation> {
    view.translations.iter().filter_map(|known| translation(known, view.message.original_language)).collect()
}

pub(super) fn states(view: &MessageView) -> Vec<wire::TranslationState> {
    let reason_of = |known: &Translation| Some((known.language, reason(&known.state)?.clone()));
    let reasons = || view.translations.iter().filter_map(reason_of);
    let pending = view.pending.iter().map(|language| {
        let delays = |(of, reason): &(Language, Reason)| of == language && reason.code.is_temporary();
        translation_state(*language, MissingState::Pending, reasons().find(delays).map(|(_, reason)| reason))
    });
    let ended = view.translations.iter().filter(|known| !view.pending.contains(&known.language));
    let ended = ended.filter_map(|known| {
        let (language, reason) = reason_of(known)?;
        Some(translation_state(language, missing_state(&known.state)?, Some(reason)))
    });
    pending.chain(ended).collect()
}

fn translation_state(
    target_language: Language,
    state: MissingState,
    reason: Option<Reason>,
) -> wire::TranslationState {
    let (reason_code, reason) = reason.map(|reason| (reason.code, reason.text)).unzip();
    wire::TranslationState { target_language, state, reason, reason_code }
}

/// What clients call a state without a text: what will pass is pending.
pub fn missing_state(state: &State) -> Option<MissingState> {
    match state {
        State::Unavailable { reason } if reason.code.is_temporary() => Some(MissingState::Pending),
        State::Unavailable { .. } => Some(MissingState::Unavailable),
        State::Failed { .. } => Some(MissingState::Failed),
        State::Done { .. } | State::Identical { .. } => None,
    }
}

/// Why there is no text, if there is none.
pub fn reason(state: &State) -> Option<&Reason> {
    match state {
        State::Unavailable { reason } | State::Failed { reason } => Some(reason),
        State::Done { .. } | State::Identical { .. } => None,
    }
}

/// A translation as shown on the wire, if it has a text.
pub fn translation(known: &Translation, source_language: Language) -> Option<wire::Translation> {
    let (state, content, engine, score, quality) = match &known.state {
        State::Done { content, engine, score, grade } => {
            (TextState::Done, content, Some(engine.clone()), *score, *grade)
        }
        State::Identical { content } => (TextState::Identical, content, None, None, None),
        State::Unavailable { .. } | State::Failed { .. } => return None,
    };
    let (message_id, target) = (known.message_id, known.language);
    let mut edition = if known.revision > 1 { format!("-r{}", known.revision) } else { String::new() };
    if known.updated_at > known.created_at {
        edition += &format!("-{}", known.updated_at.millis());
    }
    Some(wire::Translation {
        id: format!("{message_id}-{target}{edition}"),
        message_id,
        revision: known.revision,
        source_language,
        target_language: target,
        translated_content: content.clone(),
        translation_model: if content.chars().nth(MEDIUM_CHARS).is_none() { "medium" } else { "premium" },
        state,
        engine,
        confidence_score: score,
        quality,
        cache_key: format!("{message_id}_{source_language}_{target}"),
        cached: false,
        is_encrypted: false,
        created_at: known.created_at.into(),
        updated_at: known.updated_at.into(),
    })
}

/// The progress of a requested translation.
pub fn progress(requested: &Requested) -> wire::TranslationProgress {
    let Requested { message, target, progress } = requested;
    let (status, text, ended) = match progress {
        Progress::Pending => (ProgressStatus::Processing, "The translation is pending", None),
        Progress::Ended(known) => match &known.state {
            State::Unavailable { reason } if reason.code.is_temporary() => (
                ProgressStatus::Processing,
                "The translation is waiting for a model to download",
                Some(known),
            ),
            State::Done { .. } | State::Identical { .. } => {
                (ProgressStatus::Completed, "The translation is complete", Some(known))
            }
            State::Unavailable { .. } => {
                (ProgressStatus::Unavailable, "No translation is available", Some(known))
            }
            State::Failed { .. } => (ProgressStatus::Failed, "The translation failed", Some(known)),
        },
    };
    let translation = ended.and_then(|known| translation(known, message.original_language));
    let why = ended.and_then(|known| reason(&known.state));
    wire::TranslationProgress {
        message: text.to_owned(),
        message_id: message.id,
        job_id: format!("{}-{target}", message.id),
        target_language: *target,
        status,
        reason: why.map(|reason| reason.text.clone()),
        reason_code: why.map(|reason| reason.code),
        translation: translation.map(|translation| wire::StatusTranslation {
            translated_text: translation.translated_content.clone(),
            model_type: translation.translation_model,
            translation,
        }),
    }
}

/// A report of a translation.
pub fn report(report: Report) -> wire::TranslationReport {
    wire::TranslationReport {
        id: report.id,
        message_id: report.message_id,
        target_language: report.language,
        translated_content: report.content,
        engine: report.engine,
        reporter_id: report.reporter_id,
        reason: report.reason,
        comment: report.comment,
        wants_another: report.wants_another,
        created_at: report.created_at.into(),
    }
}
