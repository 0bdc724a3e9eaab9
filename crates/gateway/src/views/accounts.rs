//! Users, for themselves.

use super::address::address;
use meeshy_chat::Seen;
use meeshy_chat::model::User;
use meeshy_domain::Language;
use meeshy_wire as wire;

pub fn user(user: &User, is_online: bool) -> wire::User {
    wire::User {
        id: user.id,
        username: user.username.clone(),
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        display_name: user.display_name.clone(),
        bio: user.bio.clone(),
        avatar: address(user.avatar.as_deref()),
        banner: address(user.details.banner.as_deref()),
        phone_number: user.phone_number.clone(),
        role: user.role,
        is_active: user.is_active,
        deactivated_at: user.deactivated_at.map(Into::into),
        languages: user.languages,
        is_online,
        last_active_at: user.last_active_at.into(),
        email_verified_at: user.details.email_verified_at.map(Into::into),
        phone_verified_at: user.details.phone_verified_at.map(Into::into),
        two_factor_enabled_at: user.details.two_factor_enabled_at.map(Into::into),
        last_password_change: user.details.last_password_change.map(Into::into),
        last_login_ip: user.details.last_login_ip.clone(),
        last_login_location: user.details.last_login_location.clone(),
        last_login_device: user.details.last_login_device.clone(),
        timezone: user.details.timezone.clone(),
        profile_completion_rate: user.details.profile_completion_rate,
        created_at: user.created_at.into(),
        updated_at: user.updated_at.into(),
        permissions: wire::Permissions(user.role),
    }
}

pub fn challenged_user(user: User) -> wire::ChallengedUser {
    wire::ChallengedUser {
        id: user.id,
        username: user.username,
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        display_name: user.display_name,
        avatar: address(user.avatar.as_deref()),
    }
}

pub fn found_user(user: User, seen: Seen) -> wire::FoundUser {
    wire::FoundUser {
        id: user.id,
        username: user.username,
        first_name: user.first_name,
        last_name: user.last_name,
        display_name: user.display_name,
        email: "",
        avatar: address(user.avatar.as_deref()),
        is_online: seen.is_online,
        last_active_at: seen.last_active_at.map(Into::into),
        system_language: user.languages.system_language,
    }
}

pub fn language(language: Language, translated_from: wire::TranslatedFrom) -> wire::Language {
    wire::Language {
        code: language.code(),
        name: language.english_name(),
        native_name: language.autonym(),
        direction: language.direction(),
        script: language.script(),
        translated_from,
    }
}
