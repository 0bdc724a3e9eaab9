/**
 * A new id of 32 hexadecimal characters. `crypto.randomUUID` would require HTTPS, which a home network may
 * not have.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
