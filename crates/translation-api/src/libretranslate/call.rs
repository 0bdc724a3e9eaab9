//! Requests of LibreTranslate clients.

use crate::Refusal;
use axum::body::Bytes;
use multer::{Constraints, Multipart, SizeLimit};
use serde_json::{Map, Value};
use std::convert::Infallible;

/// Maximum number of fields in a request.
const MAX_FIELDS: usize = 64;

/// The fields of a request, from JSON, either kind of form, or the query string. They may include an API key,
/// so `Debug` shows only the names of the fields.
#[derive(Clone, Default)]
pub struct Call {
    fields: Map<String, Value>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}

impl Call {
    /// Parses a request: its body as a form if its content type says so, otherwise as JSON, and then its
    /// query string. The body takes precedence over the query string, and the first of several fields with
    /// the same name over the others.
    ///
    /// # Errors
    /// If the body does not match its content type, or is not a JSON object.
    pub async fn read(content_type: Option<&str>, query: Option<&str>, body: Bytes) -> Result<Self, Refusal> {
        let mut call = Self::default();
        let query = query.unwrap_or_default();
        let content_type = content_type.unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            call.add_form(&body)?;
        } else if kind.eq_ignore_ascii_case("multipart/form-data") {
            call.add_parts(content_type, body).await?;
        } else if !body.is_empty() || query.is_empty() {
            call.fields = match serde_json::from_slice(&body) {
                Ok(Value::Object(fields)) => fields,
                Ok(_) => return Err(Refusal::Invalid("expected a JSON object".to_owned())),
                Err(error) => return Err(Refusal::Invalid(format!("the body is not valid JSON: {error}"))),
            };
        }
        call.add_form(query.as_bytes())?;
        Ok(call)
    }

    fn add_form(&mut self, form: &[u8]) -> Result<(), Refusal> {
        form_urlencoded::parse(form).try_for_each(|(name, value)| self.add(&name, value.into_owned()))
    }

    async fn add_parts(&mut self, content_type: &str, body: Bytes) -> Result<(), Refusal> {
        let unreadable = |error: multer::Error| Refusal::Invalid(format!("invalid form: {error}"));
        let boundary = multer::parse_boundary(content_type).map_err(unreadable)?;
        let limits = SizeLimit::new().whole_stream(u64::try_from(body.len()).unwrap_or(u64::MAX));
        let stream = futures::stream::once(async move { Ok::<_, Infallible>(body) });
        let mut parts = Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(limits));
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let Some(name) = part.name().map(str::to_owned) else { continue };
            let value = String::from_utf8(part.bytes().await.map_err(unreadable)?.into());
            self.add(&name, value.map_err(|_| Refusal::Invalid(format!("{name} is not UTF-8")))?)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: String) -> Result<(), Refusal> {
        if self.fields.len() >= MAX_FIELDS {
            return Err(Refusal::Invalid(format!("expected at most {MAX_FIELDS} fields")));
        }
        self.fields.entry(name).or_insert(Value::String(value));
        Ok(())
    }

    /// The API key, for servers that require one.
    pub fn api_key(&self) -> Option<&str> {
        self.fields.get("api_key")?.as_str().filter(|key| !key.is_empty())
    }

    /// The number of texts; a call without any counts as one.
    pub fn count(&self) -> usize {
        self.fields.get("q").and_then(Value::as_array).map_or(1, |texts| texts.len().max(1))
    }

    /// Whether the request has this field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.fields)
    }

    /// A required field.
    pub(super) fn text(&self, name: &'static str) -> Result<&str, Refusal> {
        self.optional(name)?.filter(|text| !text.is_empty()).ok_or(Refusal::Missing(name))
    }

    pub(super) fn optional(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::Invalid(format!("{name} must be a string"))),
        }
    }

    /// `q`, and whether it is a list.
    pub(super) fn texts(&self) -> Result<(Vec<&str>, bool), Refusal> {
        let not_texts = || Refusal::Invalid("q must be a string or a list of strings".to_owned());
        match self.fields.get("q") {
            Some(Value::String(text)) if !text.is_empty() => Ok((vec![text], false)),
            Some(Value::Array(list)) if !list.is_empty() => {
                let texts = list.iter().map(|text| text.as_str().ok_or_else(not_texts));
                Ok((texts.collect::<Result<_, _>>()?, true))
            }
            None | Some(Value::Null | Value::String(_) | Value::Array(_)) => Err(Refusal::Missing("q")),
            Some(_) => Err(not_texts()),
        }
    }

    /// The requested number of alternatives; forms send the number as text.
    pub(super) fn alternatives(&self) -> Result<u64, Refusal> {
        let number = match self.fields.get("alternatives") {
            None | Some(Value::Null) => Some(0),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64(),
        };
        number.ok_or_else(|| Refusal::Invalid("alternatives must be a non-negative number".to_owned()))
    }

    pub(super) fn is_html(&self) -> Result<bool, Refusal> {
        match self.optional("format")? {
            None | Some("" | "text") => Ok(false),
            Some("html") => Ok(true),
            Some(other) => {
                let shown: String = other.chars().take(20).collect();
                Err(Refusal::Invalid(format!("{shown} format is not supported; use `text` or `html`")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read(content_type: &str, query: &str, body: &str) -> Result<Call, Refusal> {
        let query = (!query.is_empty()).then_some(query);
        Call::read(Some(content_type), query, Bytes::from(body.to_owned())).await
    }

    #[tokio::test]
    async fn the_body_precedes_the_query_and_the_first_field_the_second() {
        let json = read("application/json", "q=b&source=en&source=fr", r#"{"q":"a"}"#).await.unwrap();
        assert_eq!((json.text("q").unwrap(), json.text("source").unwrap()), ("a", "en"));
        let parts = "--x\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\ncafé\r\nnoir\r\n--x--\r\n";
        let form = read("multipart/form-data; boundary=x", "api_key=k", parts).await.unwrap();
        assert_eq!((form.text("q").unwrap(), form.api_key()), ("café\r\nnoir", Some("k")));
        let query = read("", "q=caf%C3%A9+noir", "").await.unwrap();
        assert_eq!(query.text("q").unwrap(), "café noir");
    }

    #[tokio::test]
    async fn invalid_requests_are_rejected_with_a_message() {
        for (content_type, body, word) in [
            ("multipart/form-data", "", "invalid form"),
            ("multipart/form-data; boundary=x", "nonsense", "invalid form"),
            ("application/json", "", "not valid JSON"),
            ("application/json", "[]", "JSON object"),
        ] {
            let problem = read(content_type, "", body).await.unwrap_err().to_string();
            assert!(problem.contains(word), "{problem}");
        }
        let many: String = (0..=MAX_FIELDS).map(|field| format!("f{field}=1&")).collect();
        let problem = read("", &many, "").await.unwrap_err().to_string();
        assert!(problem.contains("at most 64 fields"), "{problem}");
    }

    proptest! {
        #[test]
        fn no_input_panics(
            content_type in "(application/json|multipart/form-data; boundary=x|application/x-www-form-urlencoded|[a-z/;= ]{0,20})",
            query in "[a-z=&%0-9+]{0,40}",
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = futures::executor::block_on(Call::read(Some(&content_type), Some(&query), body.into()));
        }
    }
}
