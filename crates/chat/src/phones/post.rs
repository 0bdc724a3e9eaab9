//! Sends the text messages that were ordered.

use super::codes::hash_of;
use super::order::Order;
use crate::context::Context;
use meeshy_domain::{Language, MailId, PhonePurpose};
use meeshy_jobs::JobError;
use meeshy_mail::sms::{CODE_FOR, CodeNotice, Sms, SmsError, SmsSender};
use meeshy_store::phone_codes::{self, PhoneCode};
use meeshy_store::{StoreError, Tx, phones, users};
use std::sync::Arc;

/// Sends text messages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SmsPost {
    context: Arc<Context>,
    sender: Option<SmsSender>,
}

impl SmsPost {
    pub fn new(context: Arc<Context>, sender: Option<SmsSender>) -> Self {
        Self { context, sender }
    }

    /// Sends a code, unless nobody can enter it any more. A repeated attempt makes another one.
    pub async fn send(self, order: Order) -> Result<(), JobError> {
        let Some(sender) = self.sender.clone() else {
            return Err("no SMS sender is configured".into());
        };
        let id: MailId = self.context.new_id();
        let plain = format!("{:06}", self.context.secrets.number() % 1_000_000);
        let (service, sent) = (self.clone(), plain.clone());
        let prepare = move |tx: &mut Tx<'_>| service.prepare(tx, &order, &sent);
        let Some((to, notice, language)) = self.context.store.write::<_, StoreError>(prepare).await? else {
            return Ok(());
        };
        let text = notice.write(&plain, language);
        match sender.send(Sms { id: id.to_string(), to, text }).await {
            Err(error @ SmsError::Rejected(_)) => {
                tracing::warn!(sms = %id, %error, "A text message cannot be delivered");
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    /// Stores the code. `None` if it is not to be sent.
    fn prepare(
        &self,
        tx: &mut Tx<'_>,
        order: &Order,
        plain: &str,
    ) -> Result<Option<(String, CodeNotice, Language)>, StoreError> {
        let now = self.context.now();
        let found = phone_codes::lock(tx, &order.code)?;
        let is_waited_for = |code: &PhoneCode| code.expires_at > now && code.token_hash.is_none();
        let Some(code) = found.filter(is_waited_for) else { return Ok(None) };
        let Some((notice, language)) = self.notice(tx, &code)? else { return Ok(None) };
        let hash = hash_of(&code.id, plain).into();
        phone_codes::set_code(tx, &code.id, &hash, now.plus(CODE_FOR))?;
        Ok(Some((code.phone_number, notice, language)))
    }

    /// What the reader is told, in their language. `None` if no account is concerned.
    fn notice(
        &self,
        tx: &mut Tx<'_>,
        code: &PhoneCode,
    ) -> Result<Option<(CodeNotice, Language)>, StoreError> {
        let now = self.context.now();
        let owner = phones::owner(tx, &code.phone_number, now)?;
        let user = match code.user_id {
            Some(user) => tx.fetch(users::find_in_good_standing(user, now))?,
            None => None,
        };
        let other = owner.filter(|owner| Some(owner.id) != code.user_id);
        let told = match (code.purpose, user, other) {
            (PhonePurpose::Claim, Some(_), Some(owner)) | (PhonePurpose::Register, _, Some(owner)) => {
                Some((CodeNotice::Move, owner))
            }
            (PhonePurpose::Claim, Some(user), None) => Some((CodeNotice::Confirm, user)),
            (PhonePurpose::Recover, Some(user), None) => Some((CodeNotice::Recover, user)),
            _ => None,
        };
        Ok(told.map(|(notice, reader)| (notice, reader.languages.system_language)))
    }
}
