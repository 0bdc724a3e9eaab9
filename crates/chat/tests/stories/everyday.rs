//! What people do with their accounts and with each other, for the story that explains its statements.

use meeshy_chat::model::NotificationFilter;
use meeshy_chat::{
    AVATAR_PATH, Caller, CommunityPatch, DeletionProof, Device, NewAbuseReport, NewCommunity,
    NewConversation, NewFriendRequest, NewPushDevice, PasswordChange, PasswordReset, ProfilePatch,
    Registration, RequestAnswer, RequestDirection, RequestFilter, Wanted,
};
use meeshy_domain::{CommunityRole, FriendRequestStatus, Network, PushPlatform, PushService, UserId};
use meeshy_harness::{World, registration};
use meeshy_push::Subscription;
use meeshy_testkit::api;
use std::time::Duration;

/// Looks at profiles, and changes a picture.
pub async fn people_show_themselves(world: &World, lea: UserId) {
    let profiles = world.chat.profiles();
    for reference in [&lea.to_string(), "carlos"] {
        profiles.find(Some(lea), reference).await.unwrap();
    }
    profiles.figures(lea, "carlos").await.unwrap();
    let first = profiles.page(lea, None, 2).await.unwrap();
    profiles.page(lea, first.next, 2).await.unwrap();
    let png = "data:image/png;base64,iVBORw0KGgoAAAA=";
    let url = profiles.set_avatar(lea, Some(png)).await.unwrap().unwrap();
    profiles.avatar(url.strip_prefix(AVATAR_PATH).unwrap()).await.unwrap();
}

/// Asks people to be friends, blocks and reports them.
pub async fn people_meet(world: &World, lea: UserId, carlos: UserId) {
    let (friends, blocks, reports) = (world.chat.friends(), world.chat.blocks(), world.chat.abuse_reports());
    let new = || NewFriendRequest { receiver: carlos.to_string(), message: None };
    for answer in [RequestAnswer::Reject, RequestAnswer::Cancel, RequestAnswer::Accept] {
        let request = friends.send(lea, new()).await.unwrap().request.id.to_string();
        for direction in [RequestDirection::Sent, RequestDirection::Received, RequestDirection::Both] {
            for status in [None, Some(FriendRequestStatus::Pending)] {
                friends.list(lea, RequestFilter { direction, status }, 20, 0).await.unwrap();
            }
        }
        let who = if answer == RequestAnswer::Cancel { lea } else { carlos };
        friends.answer(who, &request, answer).await.unwrap();
        if answer != RequestAnswer::Cancel {
            friends.remove(carlos, &request).await.unwrap();
        }
    }
    for (kind, entity) in [("user", carlos.to_string()), ("community", "65f000000000000020000001".into())] {
        let new = NewAbuseReport { kind: kind.into(), entity, abuse: "spam".into(), reason: None };
        reports.add(lea, new).await.unwrap();
    }
    friends.send(lea, new()).await.unwrap();
    blocks.block(carlos, &lea.to_string()).await.unwrap();
    blocks.list(carlos).await.unwrap();
    blocks.unblock(carlos, &lea.to_string()).await.unwrap();
}

/// Uses a community in every way.
pub async fn people_gather(world: &World, lea: UserId, carlos: UserId) {
    let communities = world.chat.communities();
    let new = || NewCommunity { name: "Gardeners".into(), ..NewCommunity::default() };
    let id = communities.create(lea, new()).await.unwrap().community.id.to_string();
    communities.check_identifier("gardeners").await.unwrap();
    for text in [None, Some("gard"), Some("filler7 f")] {
        communities.list(lea, text, 20, 0).await.unwrap();
        communities.search(lea, text, 20, 0).await.unwrap();
    }
    let invitation = communities.invite(lea, &id).await.unwrap();
    communities.join_by_invite(carlos, &invitation.token).await.unwrap();
    communities.leave(carlos, &id).await.unwrap();
    communities.add_member(lea, &id, &carlos.to_string(), None).await.unwrap();
    let role = CommunityRole::Moderator;
    communities.set_member_role(lea, &id, &carlos.to_string(), role).await.unwrap();
    let title = Some("Roses".to_owned());
    let kind = "group".to_owned();
    let participant_ids = vec![carlos.to_string()];
    let community_id = Some(id.clone());
    let talk = NewConversation { kind, title, participant_ids, community_id, ..NewConversation::default() };
    world.chat.conversations().create(lea, talk).await.unwrap();
    communities.conversations(lea, &id, 20, 0).await.unwrap();
    communities.remove_member(lea, &id, &carlos.to_string(), false).await.unwrap();
    let patch = CommunityPatch { is_private: Some(false), ..CommunityPatch::default() };
    communities.update(lea, &id, patch).await.unwrap();
    communities.get(carlos, "mshy_gardeners").await.unwrap();
    communities.members(carlos, &id, 20, 0).await.unwrap();
    communities.join(carlos, &id).await.unwrap();
    communities.delete(lea, &id).await.unwrap();
}

/// Changes everything about how somebody signs in.
pub async fn people_secure_their_account(world: &World, lea: UserId, caller: &Caller) {
    let (security, device, sessions) = (world.chat.security(), Device::default(), world.chat.sessions());
    sessions.list(caller).await.unwrap();
    let ended = sessions.list(caller).await.unwrap().pop().unwrap().id;
    sessions.end_one(caller, &ended.to_string()).await.unwrap();
    sessions.end_others(caller, None).await.unwrap();
    let change =
        PasswordChange { current: api::PASSWORD.into(), new: "battery staple".into(), confirmation: None };
    security.change_password(caller, change.clone(), &device).await.unwrap();
    let back = PasswordChange { current: change.new.clone(), new: change.current, ..change };
    security.change_password(caller, back, &device).await.unwrap();
    security.change_username(caller, "lea-k", api::PASSWORD.into(), device.clone()).await.unwrap();
    security.set_up_two_factor(&caller.user).await.unwrap();
    security.cancel_two_factor(lea).await.unwrap();
    world.set(lea, "two_factor_pending_secret", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
    let now = u64::try_from(world.chat.now().millis() / 1_000).unwrap();
    world.hand.advance(Duration::from_secs(2_000_000_000 - now));
    let codes = security.enable_two_factor(lea, "279037", &device).await.unwrap();
    security.two_factor_status(lea).await.unwrap();
    let codes =
        [codes, security.renew_backup_codes(lea, "279037", &device).await.unwrap_or_default()].concat();
    security.verify_code(lea, &codes[0], &device).await.unwrap();
    security.disable_two_factor(lea, api::PASSWORD.into(), None, &device).await.unwrap();
}

/// Registers devices, and looks at what else belongs to somebody.
/// A browser wants notifications, but its push service is down.
pub async fn a_browser_subscribes(world: &World, user: UserId) {
    let key = "BLn9b-VR0ca83knDNZ32dCHGyjJp-1riX9ZTN40MqV8K_LpQmLqxC_DoHvqvFXO_nGdAB4W9dogZb_sM-uV4JbY";
    let endpoint = "http://127.0.0.1:1/push/1".to_owned();
    let subscription = Subscription::new(endpoint, key.into(), "_ordMnz7uTCmrpBTeUV4Bw".into()).unwrap();
    let push = world.chat.push_devices();
    push.register(user, None, push.browser(&subscription).unwrap()).await.unwrap();
}

pub async fn people_have_belongings(world: &World, lea: UserId) {
    let push = world.chat.push_devices();
    let device = NewPushDevice {
        token: "0123456789".into(),
        service: PushService::Fcm,
        platform: PushPlatform::Android,
        device_id: Some("one".into()),
        device_name: None,
        app_version: None,
        bundle_id: None,
    };
    push.register(lea, None, device).await.unwrap();
    push.list(lea).await.unwrap();
    push.unregister(lea, Some("0123456789".into()), Some("one")).await.unwrap();
    let notifications = world.chat.notifications();
    let of_all_kinds = NotificationFilter {
        kind: Some("system".into()),
        is_read: Some(false),
        priority: Some("high".into()),
        conversation: Some("c".into()),
        since: Some(world.chat.now()),
        until: Some(world.chat.now()),
    };
    for filter in [NotificationFilter::default(), of_all_kinds] {
        notifications.list(lea, filter, 20, 0).await.unwrap();
    }
    notifications.counts(lea).await.unwrap();
    notifications.mark_read(lea, "65f000000000000000000001").await.unwrap_err();
    notifications.remove(lea, "65f000000000000000000001").await.unwrap_err();
    notifications.mark_all_read(lea).await.unwrap();
    notifications.remove_read(lea).await.unwrap();
    world.chat.profiles().affiliate_token(&lea.to_string()).await.unwrap();
}

/// Deletes an account that has everything.
pub async fn people_delete_their_account(world: &World, lea: UserId, carlos: UserId) {
    let zoe = world.sign_up("zoe", "en").await;
    for boss in [zoe.user.id, lea] {
        world.set(boss, "role", "BIGBOSS").await;
    }
    let (communities, id) = (world.chat.communities(), zoe.user.id);
    let new = NewCommunity { name: "Painters".into(), ..NewCommunity::default() };
    let painters = communities.create(id, new).await.unwrap().community.id.to_string();
    communities.add_member(id, &painters, &carlos.to_string(), None).await.unwrap();
    world.group(id, &[carlos]).await;
    let caller = world.chat.sessions().authenticate(&zoe.token).await.unwrap();
    let proof = DeletionProof { password: Some(api::PASSWORD.into()), code: None };
    world.chat.deletions().delete(&caller, proof, &Device::default()).await.unwrap();
    world.finish_jobs().await;
    world.set(lea, "role", "USER").await;
}

/// Confirms a telephone number in every way, and chooses a new password with it.
pub async fn people_use_their_phone(world: &World, lea: UserId, carlos: UserId) {
    let phones = world.chat.phones();
    let [here, elsewhere] = [1, 2].map(|host| Network::of(Some([198, 51, 100, host].into())));
    let code = async || world.texts().await.last().unwrap().code();
    let profile = ProfilePatch { phone_number: Some(Some(NUMBER.into())), ..ProfilePatch::default() };
    world.chat.profiles().update(carlos, profile.clone(), here).await.unwrap();
    phones.send_code(NUMBER, None, here).await.unwrap();
    phones.send_code(NUMBER, Some(carlos), here).await.unwrap();
    phones.verify(NUMBER, &code().await, None, here).await.unwrap();
    assert!(!world.chat.accounts().availability(asked_number()).await.unwrap().phone_number.unwrap());
    phones.request_change(lea, NUMBER, elsewhere).await.unwrap();
    phones.confirm_change(lea, &code().await, here).await.unwrap();
    world.hand.advance(Duration::from_secs(3_600));
    let (id, _) = phones.begin_transfer(carlos, NUMBER, None, here).await.unwrap();
    phones.resend(&id, here).await.unwrap();
    phones.finish_transfer(carlos, &id, &code().await, here).await.unwrap();
    let id = phones.begin_registration(NUMBER, None, here).await.unwrap();
    let token = phones.verify_registration(&id, &code().await, here).await.unwrap();
    let new = Registration { phone_transfer_token: Some(token.into()), ..registration("ines", "es") };
    world.chat.accounts().register(new, Device::default()).await.unwrap();
    phones.cancel(&id).await.unwrap();
    let recovery = phones.begin_recovery(NUMBER, None).await.unwrap();
    phones.verify_identity(&recovery.id, "ines", "ines@example.org", here).await.unwrap();
    phones.verify_recovery(&recovery.id, &code().await, here).await.unwrap();
    let none = ProfilePatch { phone_number: Some(None), ..ProfilePatch::default() };
    for patch in [profile, none] {
        world.chat.profiles().update(lea, patch, elsewhere).await.unwrap();
    }
}

const NUMBER: &str = "+33698765432";

fn asked_number() -> Wanted {
    Wanted { phone_number: Some(NUMBER.into()), ..Wanted::default() }
}

/// Follows the links of e-mails of every kind.
pub async fn people_read_their_mail(world: &World, lea: &Caller) {
    let (addresses, security, device) = (world.chat.addresses(), world.chat.security(), Device::default());
    let address = lea.user.email.as_str();
    let token = async || world.emails().await.last().unwrap().parameter("token");
    addresses.request_verification(address).await.unwrap();
    addresses.verify(&token().await, address).await.unwrap();
    world.chat.sign_ins().request_link(address, true).await.unwrap();
    world.chat.sign_ins().with_link(&token().await, device.clone()).await.unwrap();
    security.request_password_reset(address).await.unwrap();
    let reset_token = token().await;
    security.reset_link(&reset_token).await.unwrap();
    let reset =
        PasswordReset { token: reset_token, new: "staple battery".into(), confirmation: None, code: None };
    security.reset_password(reset, &device).await.unwrap();
    world.emails().await;
    // Last, because a new address is sent no such links for a day.
    addresses.request_change(lea, "lea@example.net").await.unwrap();
    addresses.confirm_change(lea.user.id, &token().await).await.unwrap();
    world.emails().await;
}
