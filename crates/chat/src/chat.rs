//! The handle to all services, and how they are put together.

use crate::ChatError;
use crate::accounts::{
    Accounts, Activity, Addresses, Administration, CallLimits, Deletions, Passwords, Preferences, Profiles,
    PushDevices, Security, Sessions, Setup, SignIns,
};
use crate::calls::Calls;
use crate::cluster::{Cluster, Gateways};
use crate::communities::Communities;
use crate::context::Context;
use crate::conversations::{Categories, CommunityPreferences, Conversations};
use crate::event_bus::Delivery;
use crate::events::Events;
use crate::exports::Exports;
use crate::guests::Guests;
use crate::health::Health;
use crate::jobs::Jobs;
use crate::mail::Post;
use crate::messages::{Files, Messages, Reactions};
use crate::notifications::{Notifications, Notifier, PushPost};
use crate::people::{AbuseReports, Blocks, Friends};
use crate::phones::{Phones, SmsPost};
use crate::presence::Presence;
use crate::secrets::Secrets;
use crate::settings::Settings;
use crate::share_links::ShareLinks;
use crate::translation::{
    Delegation, Engines, Glossary, Reports, Signals, Texts, Translate, Translations, WarmUp, Worker,
};
use crate::uploads::{FileCare, Uploads};
use crate::views::{FileLinks, Views};
use meeshy_domain::{Clock, IdGenerator, Timestamp};
use meeshy_push::{Services as PushServices, WebPush};
use meeshy_store::Store;
use std::sync::Arc;

/// The application: a handle to its services. Cheap to clone.
#[derive(Clone)]
pub struct Chat {
    context: Arc<Context>,
    services: Arc<Services>,
}

/// Declares the services, and for each the method of [`Chat`] that returns it.
macro_rules! services {
    ($($(#[$doc:meta])+ $name:ident: $service:ty,)+) => {
        struct Services {
            presence: Arc<Presence>,
            $($name: $service,)+
        }

        impl Chat {
            $(
                $(#[$doc])+
                pub fn $name(&self) -> &$service {
                    &self.services.$name
                }
            )+
        }
    };
}

services! {
    /// Reports to the moderators of the server.
    abuse_reports: AbuseReports,
    /// Registration.
    accounts: Accounts,
    /// When users were last active.
    activity: Activity,
    /// The e-mail addresses of accounts.
    addresses: Addresses,
    /// What operators do with accounts.
    administration: Administration,
    /// Users who have blocked others.
    blocks: Blocks,
    /// Rate limits over all gateways.
    call_limits: CallLimits,
    /// Calls.
    calls: Calls,
    /// Categories into which users sort conversations.
    categories: Categories,
    /// Deletion of accounts.
    deletions: Deletions,
    /// The exchange with other processes.
    cluster: Cluster,
    /// What users prefer for single communities.
    community_preferences: CommunityPreferences,
    /// Communities and their members.
    communities: Communities,
    /// Conversations and their members.
    conversations: Conversations,
    /// The events of all processes.
    events: Events,
    /// Exports of what belongs to users.
    exports: Exports,
    /// The files attached to messages.
    files: Files,
    /// Friend requests.
    friends: Friends,
    /// This process as one of the gateways on its database.
    gateways: Gateways,
    /// Guests of conversations.
    guests: Guests,
    /// The glossaries of conversations.
    glossary: Glossary,
    /// What the operator is told.
    health: Health,
    /// The scheduled jobs of this process.
    jobs: Jobs,
    /// Messages.
    messages: Messages,
    /// Notifications of users.
    notifications: Notifications,
    /// The telephone numbers of accounts.
    phones: Phones,
    /// The preferences of users.
    preferences: Preferences,
    /// The profiles of users.
    profiles: Profiles,
    /// Devices that get push notifications.
    push_devices: PushDevices,
    /// Reactions to messages.
    reactions: Reactions,
    /// Reports of translations.
    reports: Reports,
    /// What users change about how they sign in.
    security: Security,
    /// The sessions of devices, and authentication.
    sessions: Sessions,
    /// The setup of a new server.
    setup: Setup,
    /// Links by which people join conversations.
    share_links: ShareLinks,
    /// Signing in.
    sign_ins: SignIns,
    /// Translation of texts that are not messages.
    texts: Texts,
    /// Translations of messages.
    translations: Translations,
    /// Uploads of users.
    uploads: Uploads,
    /// Turns translation jobs into translations.
    worker: Worker,
}

impl Chat {
    /// Opens the application on `store`, and creates the room for everybody if it is missing.
    ///
    /// # Errors
    /// When the settings are invalid.
    pub async fn open(
        store: Store,
        translator: Arc<dyn Translate>,
        settings: Settings,
        clock: Clock,
        secrets: Secrets,
    ) -> Result<Self, ChatError> {
        let fresh = secrets.hex(16);
        let data_set = store.write(move |tx| meeshy_store::data_set::id(tx, &fresh)).await?;
        let [p0, p1, p2, p3, p4, c0, c1, c2] = secrets.number().to_be_bytes();
        let passwords = Passwords::new(settings.hashing)?;
        if let Some(cost) = store.read(meeshy_store::users::bcrypt_cost).await? {
            passwords.expect_bcrypt(cost);
        }
        let file_links = Arc::new(FileLinks::new(&settings.signing_key, &data_set)?);
        let key_fingerprint = settings.signing_key.fingerprint(&data_set)?;
        let web_push = web_push(&settings, &data_set)?;
        let presence = Arc::new(Presence::new(!store.is_exclusive()));
        let context = Arc::new(Context {
            delivery: Delivery::new(&store),
            ids: IdGenerator::new([p0, p1, p2, p3, p4], u32::from_be_bytes([0, c0, c1, c2])),
            process: secrets.hex(8),
            store,
            clock: clock.clone(),
            secrets,
        });
        let shared = || Arc::clone(&context);

        let views = Views::new(Arc::clone(&presence), Arc::clone(&file_links), clock);
        let events = Events::new(shared(), views.clone());
        let gateways = Gateways::new(shared(), Arc::clone(&presence), &key_fingerprint);
        let conversations = Conversations::new(shared(), views.clone());

        let phones = Phones::new(shared(), settings.limit_sign_ins);
        let sessions = Sessions::new(shared(), &settings)?;
        let setup = Setup::new(shared());
        let accounts = Accounts::new(
            shared(),
            conversations.clone(),
            sessions.clone(),
            setup.clone(),
            passwords.clone(),
            phones.clone(),
        );
        let administration =
            Administration::new(shared(), conversations.clone(), sessions.clone(), passwords.clone());
        let sign_ins = SignIns::new(shared(), sessions.clone(), passwords.clone(), settings.limit_sign_ins);
        let security = Security::new(shared(), sessions.clone(), sign_ins.clone(), passwords);

        let share_links = ShareLinks::new(shared(), conversations.clone(), Arc::clone(&settings.mail.site));
        let communities = Communities::new(shared(), conversations.clone(), Arc::clone(&presence));
        let deletions =
            Deletions::new(shared(), security.clone(), conversations.clone(), communities.clone());

        let signals = Arc::<Signals>::default();
        let engines = Engines::new(translator);
        let translators = Arc::clone(&engines.remote);
        let delegation = Delegation::new(shared(), engines.clone(), Arc::clone(&signals));
        let translations = Translations::new(shared(), engines.clone(), Arc::clone(&signals));
        let reports = Reports::new(shared(), engines.clone(), Arc::clone(&signals));
        let texts = Texts::new(engines.clone(), delegation.clone());
        let worker =
            Worker::new(shared(), engines.clone(), Arc::clone(&signals), delegation, &settings.machine);

        let glossary = Glossary::new(shared(), Arc::clone(&signals));
        let warm_up = WarmUp::new(engines.clone());
        let uploads = Uploads::new(shared(), Arc::clone(&file_links), settings.uploads);
        let care = FileCare::new(shared(), uploads.clone(), views.clone());
        let files = Files::new(shared(), file_links, views.clone(), settings.unsigned_file_paths);
        let messages = Messages::new(
            shared(),
            views,
            engines,
            Arc::clone(&signals),
            warm_up.clone(),
            settings.message_chars,
        );
        let cluster = Cluster::new(shared(), gateways.clone(), signals, Arc::clone(&translators), warm_up);

        let guests = Guests::new(shared());
        let calls = Calls::new(shared(), Arc::clone(&presence), settings.calls);

        conversations.open_global_room().await?;
        let services = Services {
            abuse_reports: AbuseReports::new(shared()),
            accounts,
            activity: Activity::new(shared()),
            addresses: Addresses::new(shared()),
            administration,
            blocks: Blocks::new(shared()),
            friends: Friends::new(shared(), Arc::clone(&presence), conversations.clone()),
            call_limits: CallLimits::new(shared()),
            calls: calls.clone(),
            categories: Categories::new(shared()),
            cluster,
            community_preferences: CommunityPreferences::new(shared()),
            communities,
            conversations,
            events,
            exports: Exports::new(shared()),
            files,
            gateways,
            glossary,
            guests: guests.clone(),
            health: Health::new(shared(), worker.clone(), translators),
            jobs: Jobs {
                context: shared(),
                post: Post::new(shared(), settings.mail),
                sms: SmsPost::new(shared(), settings.sms),
                deletions: deletions.clone(),
                calls,
                files: care,
                guests,
                notifier: Notifier::new(shared(), Arc::clone(&presence), web_push.is_some()),
                pushes: PushPost::new(shared(), web_push.clone()),
            },
            deletions,
            messages,
            notifications: Notifications::new(shared()),
            profiles: Profiles::new(shared(), Arc::clone(&presence), phones.clone()),
            phones,
            preferences: Preferences::new(shared()),
            presence,
            push_devices: PushDevices::new(shared(), web_push),
            reactions: Reactions::new(shared()),
            reports,
            security,
            sessions,
            setup,
            share_links,
            sign_ins,
            texts,
            translations,
            uploads,
            worker,
        };
        Ok(Self { context, services: Arc::new(services) })
    }

    /// The connected users.
    pub fn presence(&self) -> &Presence {
        &self.services.presence
    }

    /// The id of this process among those that use the database, a new one at each start.
    pub fn process(&self) -> &str {
        &self.context.process
    }

    /// The source of randomness.
    pub fn secrets(&self) -> &Secrets {
        &self.context.secrets
    }

    /// The time of this application's clock.
    pub fn now(&self) -> Timestamp {
        self.context.now()
    }
}

/// What sends to browsers, if a push service may be used. Its key follows from the signing key, so that it needs no place of its
/// own, and another set of data has another one.
fn web_push(settings: &Settings, data_set: &str) -> Result<Option<Arc<WebPush>>, ChatError> {
    let invalid = |error| ChatError::invalid("push", error);
    let services = PushServices::new(&settings.push.services).map_err(invalid)?;
    if services.is_empty() {
        return Ok(None);
    }
    let secret = settings.signing_key.derive(data_set, b"meeshy web push 1")?;
    Ok(Some(Arc::new(WebPush::new(&secret, services, &settings.push.contact).map_err(invalid)?)))
}
