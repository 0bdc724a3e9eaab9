// The objects that the old clients read.

import { notation } from "./notation.mjs";

/** Checks a value: `is(value, "Message")`, or `is(value, "{id:id name:text}")`. */
export const is = notation(`
Permissions = {
  canAccessAdmin:bool canManageUsers:bool canManageGroups:bool canManageConversations:bool canViewAnalytics:bool
  canModerateContent:bool canViewAuditLogs:bool canManageNotifications:bool canManageTranslations:bool
}

Role = "USER"|"ADMIN"|"MODERATOR"|"BIGBOSS"|"AUDIT"|"ANALYST"

User = {
  id:id username:text email:text firstName:string lastName:string displayName:text bio:string|null avatar:string|null
  banner?:string|null phoneNumber:string|null phoneCountryCode?:string|null role:Role isActive:bool
  deactivatedAt:date|null systemLanguage:language regionalLanguage:language|null
  customDestinationLanguage:language|null autoTranslateEnabled:bool translateToSystemLanguage:bool
  translateToRegionalLanguage:bool useCustomDestination:bool isOnline:bool lastActiveAt:date|null
  emailVerifiedAt:date|null phoneVerifiedAt:date|null twoFactorEnabledAt:date|null lastPasswordChange:date|null
  lastLoginIp:string|null lastLoginLocation:string|null lastLoginDevice:string|null timezone?:string|null
  profileCompletionRate:number|null createdAt:date updatedAt:date permissions:Permissions
}

UserMin = { id:id username:text displayName:string|null avatar:string|null isOnline?:bool }

PublicUser = {
  id:id username:text firstName:string lastName:string displayName:text avatar:string|null bio:string|null role:Role
  isOnline:bool lastActiveAt:date|null systemLanguage:language regionalLanguage:language|null
  customDestinationLanguage:language|null autoTranslateEnabled:bool translateToSystemLanguage:bool
  translateToRegionalLanguage:bool useCustomDestination:bool isActive:bool deactivatedAt:date|null createdAt:date
  updatedAt:date email:"" isAnonymous:false isMeeshyer:true
}

SessionMin = {
  id:id deviceType:string|null browserName:string|null osName:string|null location:string|null isMobile:bool
  createdAt:date isTrusted?:bool
}

Session = {
  id:id userId:id deviceType:string|null browserName:string|null osName:string|null location:string|null isMobile:bool
  createdAt:date deviceVendor:string|null deviceModel:string|null osVersion:string|null browserVersion:string|null
  ipAddress:string|null country:string|null city:string|null lastActivityAt:date isCurrentSession:bool isTrusted:bool
}

Login = { user:User token:jwt sessionToken:text session:SessionMin expiresIn:count }

Translation = {
  id:text messageId:id targetLanguage:language translatedContent:text translationModel:"basic"|"medium"|"premium"
  confidenceScore?:number sourceLanguage?:language cached?:bool createdAt:date updatedAt?:date|null isEncrypted?:bool
}

TranslationData = {
  id:text messageId:id sourceLanguage:language targetLanguage:language translatedContent:text
  translationModel:"basic"|"medium"|"premium" cacheKey:text cached:bool confidenceScore?:number createdAt:date
}

Attachment = {
  id:id messageId:id|null fileName:text originalName:text mimeType:text fileSize:count fileUrl:text
  thumbnailUrl:string|null width:count|null height:count|null duration:number|null bitrate:number|null
  sampleRate:number|null codec:string|null channels:number|null fps:number|null videoCodec:string|null
  pageCount:number|null lineCount:number|null metadata:any uploadedBy:string isAnonymous:bool createdAt:date
}

Sender = { id:id username:text displayName:string|null avatar:string|null role:Role }

AnonymousSender = { id:text username:string firstName:string lastName:string language:language }

Reply = {
  id:id content:string originalLanguage:language createdAt:date senderId:id|null anonymousSenderId:string|null
  validatedMentions?:string[]
  sender:{ id:id username:text displayName:string|null avatar:string|null }|null anonymousSender:AnonymousSender|null
}

Message = {
  id:id conversationId:id senderId:id|null anonymousSenderId:string|null content:string originalLanguage:language
  messageType:"text"|"image"|"file"|"audio"|"video"|"location"|"system"
  messageSource:"user"|"system"|"ads"|"app"|"agent"|"authority" isEdited:bool editedAt:date|null isDeleted:bool
  deletedAt:date|null replyToId:id|null forwardedFromId:id|null forwardedFromConversationId:id|null isViewOnce:bool
  maxViewOnceCount:count|null viewOnceCount:count isBlurred:bool expiresAt:date|null pinnedAt:date|null
  pinnedBy:id|null deliveredToAllAt:date|null receivedByAllAt:date|null readByAllAt:date|null deliveredCount:count
  readCount:count reactionSummary:{*:count}|null reactionCount:count currentUserReactions:string[] isEncrypted:bool
  encryptionMode:string|null createdAt:date updatedAt:date validatedMentions:string[] sender:Sender|null
  anonymousSender:AnonymousSender|null attachments:Attachment[] translations:Translation[] replyTo?:Reply|null
  _count:{reactions:count statusEntries:count}
}

SocketMessage = {
  id:id conversationId:id senderId?:id|null content:string originalLanguage:language originalContent:string
  messageType:text isEdited:bool isDeleted:bool createdAt:date updatedAt:date validatedMentions:string[]
  translations:Translation[] attachments:Attachment[] replyToId?:id|null
  sender?:{
    id:id username:text firstName:string lastName:string email:"" displayName:text avatar:string|null role:Role
    isOnline:bool lastActiveAt:date|null systemLanguage:language regionalLanguage:language|null
    autoTranslateEnabled:bool translateToSystemLanguage:bool translateToRegionalLanguage:bool
    useCustomDestination:bool isActive:bool createdAt:date updatedAt:date
  }|null
  meta:{conversationStats:Stats|null}
}

MemberRole = "CREATOR"|"ADMIN"|"MODERATOR"|"MEMBER"

Member = {
  id:id userId:id role:MemberRole nickname:string|null joinedAt:date isActive:bool
  user:{
    id:id username:text displayName:string|null firstName:string lastName:string avatar:string|null isOnline:bool
    lastActiveAt:date|null
  }|null
}

DetailedMember = {
  id:id userId:id role:MemberRole nickname:string|null joinedAt:date isActive:bool conversationId:id
  canSendMessage:bool canSendFiles:bool canSendImages:bool canSendVideos:bool canSendAudios:bool
  canSendLocations:bool canSendLinks:bool leftAt:date|null user:UserMin|null
}

LastMessage = {
  id:id content:string createdAt:date senderId:id|null messageType?:text
  sender:{id:id username:text displayName:string|null avatar:string|null}|null
  attachments:{id:id mimeType:text thumbnailUrl:string|null originalName:text fileSize:count}[]
}

ListPreferences = { isPinned:bool isMuted:bool isArchived:bool isDeletedForUser:bool }

ConversationType = "direct"|"group"|"public"|"global"|"broadcast"

Conversation = {
  id:id identifier:text title:text type:ConversationType avatar:string|null banner:string|null isActive:bool
  communityId:id|null createdAt:date lastMessageAt:date memberCount?:count members:Member[]
  userPreferences:ListPreferences[] lastMessage:LastMessage|null unreadCount:count updatedAt?:date
  description?:string|null
}

Stats = {
  messagesPerLanguage:{*:count} participantCount:count participantsPerLanguage:{*:count}
  onlineUsers:{id:id username:text firstName:string lastName:string}[] updatedAt:date
}

ConversationDetail = {
  id:id identifier:text type:ConversationType title:text description:string|null avatar:string|null
  banner:string|null communityId:id|null isActive:bool memberCount:count lastMessageAt:date
  defaultWriteRole:"everyone" isAnnouncementChannel:bool slowModeSeconds:count createdAt:date updatedAt:date
  encryptionMode:string|null encryptionProtocol:string|null encryptionEnabledAt:date|null
  encryptionEnabledBy:id|null serverEncryptionKeyId:string|null autoTranslateEnabled:bool members:DetailedMember[]
  userPreferences:ListPreferences[] meta:{conversationStats:Stats}
}

Participant = {
  id:id userId:id username:text firstName:string lastName:string displayName:text avatar:string|null email:""
  role:MemberRole conversationRole:MemberRole isOnline:bool lastActiveAt:date|null systemLanguage:language
  regionalLanguage:language|null customDestinationLanguage:language|null autoTranslateEnabled:bool isActive:bool
  createdAt:date updatedAt:date permissions:Permissions
}

FriendRequest = {
  id:id senderId:id receiverId:id message:string|null status:"pending"|"accepted"|"rejected"|"blocked"
  respondedAt:date|null createdAt:date updatedAt:date sender?:Friend receiver?:Friend
}

Friend = {
  id:id username:text displayName:string|null avatar:string|null firstName:string lastName:string isOnline:bool
  lastActiveAt:date|null
}

Community = {
  id:id identifier:text name:text description:string|null avatar:string|null banner:string|null isPrivate:bool
  isActive:bool deletedAt:date|null createdBy:id createdAt:date updatedAt:date creator:UserMin
  members:CommunityMember[] _count:{members:count Conversation:count} memberCount:count conversationCount:count
}

CommunityMember = {
  id:id communityId:id userId:id joinedAt:date role:"admin"|"moderator"|"member" isActive:bool leftAt:date|null
  user:UserMin
}

Reaction = { id:id messageId:id userId?:id anonymousId?:string|null emoji:text createdAt:date updatedAt:date }

Aggregation = { emoji:text count:count userIds:id[] anonymousIds:string[] hasCurrentUser:bool }

ReactionSync = { messageId:id reactions:Aggregation[] totalCount:count userReactions:string[] }

ReactionEvent = {
  messageId:id userId?:id anonymousId?:string emoji:text action:"add"|"remove" aggregation:Aggregation timestamp:date
}

MentionSuggestion = {
  id:id username:text displayName:string|null avatar:string|null badge:"conversation"|"friend"|"other"
  inConversation:bool isFriend:bool
}

Category = {
  id:id userId:id name:text color:string|null icon:string|null order:number isExpanded:bool createdAt:date
  updatedAt:date
}

ConversationPreferences = {
  id:id|null userId:id conversationId:id isPinned:bool isMuted:bool isArchived:bool tags:string[]
  categoryId:id|null orderInCategory:number|null customName:string|null reaction:string|null isDefault:bool
  createdAt:date|null updatedAt:date|null category:{id:id name:text color:string|null icon:string|null}|null
}
`);
