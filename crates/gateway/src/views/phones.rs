//! What is shown of the owner of a telephone number.

use meeshy_chat::PhoneOwner;
use meeshy_wire::{MaskedUser, PendingRegistration, PhoneConflict, PhoneOwnerInfo, Register};

pub fn masked_user(owner: PhoneOwner) -> MaskedUser {
    let PhoneOwner { display_name, username, email, has_avatar, phone_number: _ } = owner;
    MaskedUser { display_name, username, email, has_avatar }
}

/// Why a registration was not done. The password is not sent back.
pub fn phone_conflict(owner: PhoneOwner, registration: Register) -> PhoneConflict {
    PhoneConflict {
        phone_ownership_conflict: true,
        phone_owner_info: PhoneOwnerInfo {
            masked_display_name: owner.display_name,
            masked_username: owner.username,
            masked_email: owner.email,
            phone_number: owner.phone_number,
            phone_country_code: registration.phone_country_code,
        },
        pending_registration: PendingRegistration {
            username: registration.username,
            email: registration.email,
            first_name: registration.first_name,
            last_name: registration.last_name,
            system_language: registration.system_language,
            regional_language: registration.regional_language,
        },
    }
}
