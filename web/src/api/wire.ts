// The parts of the wire contract that this client reads.

export interface LanguageSettings {
  systemLanguage: string;
  regionalLanguage: string | null;
  customDestinationLanguage: string | null;
  autoTranslateEnabled: boolean;
  translateToSystemLanguage: boolean;
  translateToRegionalLanguage: boolean;
  useCustomDestination: boolean;
}

export interface User extends LanguageSettings {
  id: string;
  username: string;
  displayName: string;
  firstName: string;
  lastName: string;
  email: string;
}

export interface Person {
  id: string;
  username: string;
  displayName: string;
  isOnline: boolean;
  systemLanguage: string;
}

export interface Translation {
  messageId: string;
  /** Of which text of the message. */
  revision: number;
  targetLanguage: string;
  translatedContent: string;
  state?: "done" | "identical";
  engine?: string;
  confidenceScore?: number;
}

export interface TranslationState {
  targetLanguage: string;
  state: "pending" | "unavailable" | "failed";
  /** Why, to be worded here; `reason` is for those who run the server. */
  reasonCode?: string;
}

export interface Attachment {
  id: string;
  originalName: string;
  mimeType: string;
  fileSize: number;
  fileUrl: string;
  thumbnailUrl: string | null;
  width: number | null;
  height: number | null;
  alt: string | null;
  caption: string | null;
}

export interface Message {
  id: string;
  conversationId: string;
  sequence: number;
  /** Counts its texts. */
  revision: number;
  clientMessageId: string | null;
  senderId: string | null;
  /** `text`, `image` …; `system` for what happened in the conversation. */
  messageType: string;
  content: string;
  originalLanguage: string;
  createdAt: string;
  editedAt: string | null;
  /** To be shown only to who wants to see it. */
  isBlurred?: boolean;
  sender: { id: string; username: string; displayName: string } | null;
  /** Of a message of the old system: the guest who wrote it. */
  anonymousSender?: { id: string; username: string; firstName: string; lastName: string } | null;
  attachments: Attachment[];
  translations: Translation[];
  translationStates: TranslationState[];
}

export type LastMessage = Omit<Message, "conversationId" | "clientMessageId" | "editedAt">;

export interface Member {
  userId: string;
  role: string;
  user: { id: string; username: string; displayName: string; isOnline: boolean; systemLanguage: string };
}

export interface Conversation {
  id: string;
  title: string;
  type: "direct" | "group" | "public" | "global" | "broadcast";
  memberCount: number;
  members: Member[];
  lastMessage: LastMessage | null;
  lastMessageAt: string;
  unreadCount: number;
}

export interface Language {
  code: string;
  name: string;
  nativeName: string;
  direction: "ltr" | "rtl";
  script: string;
}
