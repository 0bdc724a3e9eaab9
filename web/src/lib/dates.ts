// Formats times in the user's language.

export const timeOf = (iso: string, language: string): string =>
  new Date(iso).toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });

export const exactTime = (iso: string, language: string): string =>
  new Date(iso).toLocaleString(language, { dateStyle: "full", timeStyle: "medium" });

/** The local day of an instant, as `YYYY-MM-DD`. */
export function dayKey(iso: string): string {
  const date = new Date(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** "today", "yesterday", otherwise the weekday and date; with the year if it is not the current one. */
export function dayName(iso: string, language: string, now = new Date()): string {
  const days = Math.round((midnight(new Date(iso)) - midnight(now)) / 86_400_000);
  if (days === 0 || days === -1)
    return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day");
  const isThisYear = new Date(iso).getFullYear() === now.getFullYear();
  return new Date(iso).toLocaleDateString(language, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}

const midnight = (date: Date): number =>
  new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** The time for today, the date for other days. */
export function shortDate(iso: string, language: string, now = new Date()): string {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString()
    ? timeOf(iso, language)
    : date.toLocaleDateString(language, { day: "numeric", month: "short" });
}
