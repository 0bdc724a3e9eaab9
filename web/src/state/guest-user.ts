// A guest as a user who reads and writes one language, and has no rights: the pages of conversations show both.

import type { OwnGuest, User } from "../api/schema";

export function userOf({ id, username, firstName, lastName, language }: OwnGuest): User {
  const never = "1970-01-01T00:00:00.000Z";
  return {
    id,
    username,
    firstName,
    lastName,
    displayName: username,
    email: "",
    bio: "",
    avatar: null,
    banner: null,
    phoneNumber: null,
    role: "USER",
    permissions: {
      canAccessAdmin: false,
      canManageConversations: false,
      canManageGroups: false,
      canManageNotifications: false,
      canManageTranslations: false,
      canManageUsers: false,
      canModerateContent: false,
      canViewAnalytics: false,
      canViewAuditLogs: false,
    },
    systemLanguage: language,
    regionalLanguage: language,
    customDestinationLanguage: null,
    autoTranslateEnabled: true,
    translateToSystemLanguage: true,
    translateToRegionalLanguage: false,
    useCustomDestination: false,
    isActive: true,
    isOnline: true,
    profileCompletionRate: 0,
    createdAt: never,
    updatedAt: never,
    lastActiveAt: never,
    deactivatedAt: null,
    emailVerifiedAt: null,
    phoneVerifiedAt: null,
    twoFactorEnabledAt: null,
    lastPasswordChange: null,
    lastLoginDevice: null,
    lastLoginIp: null,
    lastLoginLocation: null,
    timezone: null,
  };
}
